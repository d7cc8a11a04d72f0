//! `undertone evaluate`: does a model do what its card says?

mod clips;
mod tally;

use super::SettingsArgs;
use super::recognizer::Recognizer;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use clips::LabelledClip;
use std::path::PathBuf;
use std::process::ExitCode;
use tally::Tally;
use undertone_proto::v1;
use undertone_terminal::say;

/// Figures further apart than this, as shares, disagree.
const AGREEMENT: f32 = 0.01;

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Folder with RAVDESS-named clips (03-01-05-01-02-01-12.wav or .flac), searched with its subfolders.
    data: PathBuf,
    /// NAME or NAME@VERSION; the default model when not given.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Ask this server instead of this process; every clip is then recorded there.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Speakers to take; those that the card names as test speakers when not given.
    #[arg(long, value_delimiter = ',')]
    speakers: Vec<String>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = EvaluationFormat::Text)]
    format: EvaluationFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EvaluationFormat {
    Text,
    Json,
}

pub(super) async fn run(args: &EvaluateArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let recognizer = Recognizer::open(args.server.as_deref(), settings).await?;
    let model = recognizer.model(&args.model).await?;
    let own_speakers = args.speakers.is_empty();
    let speakers = if own_speakers { &model.test_speakers } else { &args.speakers };
    if speakers.is_empty() {
        bail!("{}", nobody_left(&model));
    }
    let clips = clips::find(&args.data, speakers)?;
    if clips.is_empty() {
        bail!("{} holds no RAVDESS-named speech of the speakers {}", args.data.display(), speakers.join(" "));
    }
    let mut tally = Tally::new(&model.labels);
    for clip in &clips {
        tally.count(clip.label, decide(clip, &args.model, &recognizer).await?.as_deref());
    }
    let evaluation = Evaluation { model: &model, speakers, tally: &tally };
    match args.format {
        EvaluationFormat::Text => evaluation.print()?,
        EvaluationFormat::Json => say!("{}", evaluation.json()),
    }
    Ok(if own_speakers && !evaluation.agrees() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The clip's label: the highest mean probability over its utterances, weighted by their length; none without speech.
async fn decide(clip: &LabelledClip, model: &str, recognizer: &Recognizer) -> anyhow::Result<Option<String>> {
    let place = || clip.path.display().to_string();
    let audio = std::fs::read(&clip.path).with_context(place)?.into();
    let config = v1::RecognitionConfig { model: model.to_owned(), ..v1::RecognitionConfig::default() };
    let request = v1::RecognizeRequest { config: Some(config), audio };
    let response = recognizer.recognize(request).await.with_context(place)?;
    Ok(tally::weighted_decision(response.utterances.into_iter().filter_map(|utterance| utterance.result)))
}

fn nobody_left(model: &v1::Model) -> String {
    let reference = model.reference.clone().unwrap_or_default();
    format!(
        "{}@{} learnt from every speaker of its data, so none is left to judge it by; its card quotes what its recipe \
         reached on speakers left out in turn. Name other people's clips with --speakers, or ask a model that left \
         some out (examples/experiments/models)",
        reference.name, reference.version
    )
}

/// Whether two names of speakers, "2" and "02", are one.
fn same_speaker(one: &str, other: &str) -> bool {
    one.trim().trim_start_matches('0') == other.trim().trim_start_matches('0')
}

/// What was measured beside what the card says.
struct Evaluation<'a> {
    model: &'a v1::Model,
    speakers: &'a [String],
    tally: &'a Tally,
}

impl Evaluation<'_> {
    fn agrees(&self) -> bool {
        (self.tally.accuracy() - self.model.accuracy).abs() <= AGREEMENT
            && (self.tally.unweighted_average_recall() - self.model.unweighted_average_recall).abs()
                <= AGREEMENT
    }

    /// Those speakers whose clips it was trained on.
    fn learnt_from(&self) -> Vec<&str> {
        let known =
            |speaker: &&String| self.model.train_speakers.iter().any(|own| same_speaker(own, speaker));
        self.speakers.iter().filter(known).map(String::as_str).collect()
    }

    fn print(&self) -> std::io::Result<()> {
        let reference = self.model.reference.clone().unwrap_or_default();
        let percent = |share: f32| share * 100.0;
        say!(
            "{}@{}: {} clips of the speakers {}",
            reference.name,
            reference.version,
            self.tally.clips(),
            self.speakers.join(" ")
        );
        say!("                accuracy      UAR");
        say!(
            "  measured here   {:>5.1} %  {:>5.1} %",
            percent(self.tally.accuracy()),
            percent(self.tally.unweighted_average_recall())
        );
        say!(
            "  on the card     {:>5.1} %  {:>5.1} %",
            percent(self.model.accuracy),
            percent(self.model.unweighted_average_recall)
        );
        for (label, recall, clips) in self.tally.recalls() {
            say!("    {label:<10} recall {:>5.1} %  of {clips}", percent(recall));
        }
        say!("  clips without speech found: {}", self.tally.without_speech());
        let known = self.learnt_from();
        if !known.is_empty() {
            say!("  It learnt from {}: these figures flatter.", known.join(" "));
        }
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let reference = self.model.reference.clone().unwrap_or_default();
        let recalls: serde_json::Map<String, serde_json::Value> =
            self.tally.recalls().map(|(label, recall, _)| (label.to_owned(), recall.into())).collect();
        serde_json::json!({
            "model": reference.name,
            "version": reference.version,
            "speakers": self.speakers,
            "learnt_from": self.learnt_from(),
            "clips": self.tally.clips(),
            "clips_without_speech": self.tally.without_speech(),
            "measured": { "accuracy": self.tally.accuracy(), "uar": self.tally.unweighted_average_recall() },
            "card": { "accuracy": self.model.accuracy, "uar": self.model.unweighted_average_recall },
            "recall": recalls,
        })
    }
}
