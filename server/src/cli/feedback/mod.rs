//! `undertone feedback`

mod csv;

use super::SettingsArgs;
use super::duration::duration;
use anyhow::{Context, anyhow};
use clap::Args;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use undertone_proto::v1;
use undertone_terminal::say;
use v1::judgement::{About, Verdict};

/// Judgements of a file that are sent in one call.
const CALL: usize = 1_000;
/// The line of a judgement that stands in no file.
const FROM_ARGUMENTS: usize = 0;

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("about").required(true).args(["prediction", "stream", "import"])))]
#[command(group(clap::ArgGroup::new("verdict").args(["label", "correct"])))]
pub(super) struct FeedbackArgs {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50151")]
    server: String,
    /// The answer that is judged: the prediction_id of a final result.
    #[arg(long, value_name = "ID", requires = "verdict")]
    prediction: Option<String>,
    /// The stream of which a part is judged.
    #[arg(long, value_name = "ID", requires = "verdict", requires = "from", requires = "to")]
    stream: Option<String>,
    /// Where that part begins, as 1500ms.
    #[arg(long, value_name = "TIME", requires = "stream", value_parser = duration)]
    from: Option<std::time::Duration>,
    /// Where it ends.
    #[arg(long, value_name = "TIME", requires = "stream", value_parser = duration)]
    to: Option<std::time::Duration>,
    /// The right label.
    #[arg(long)]
    label: Option<String>,
    /// Whether the answer is right: true or false.
    #[arg(long)]
    correct: Option<bool>,
    /// Who or what says so.
    #[arg(long, default_value = "command line")]
    source: String,
    /// A file of judgements: CSV with a head. Columns: prediction_id, or stream_id, start_seconds and end_seconds; label or
    /// correct; and, if wanted, source, said_at and id. The same file again changes nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["label", "correct", "from", "to"])]
    import: Option<PathBuf>,
}

pub(super) async fn run(args: &FeedbackArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let judgements = match &args.import {
        Some(path) => read(path, &args.source)?,
        None => vec![(FROM_ARGUMENTS, args.judgement())],
    };
    let client = settings.target(&args.server).connect().await?;
    let (mut accepted, mut known, mut unknown_labels) = (0, 0, BTreeSet::new());
    for part in judgements.chunks(CALL) {
        let request =
            v1::GiveFeedbackRequest { judgements: part.iter().map(|(_, own)| own.clone()).collect() };
        let given = client.give_feedback(request).await;
        let given = given.map_err(|refusal| match args.import {
            Some(_) => anyhow!(csv::by_lines(&refusal.to_string(), part)),
            None => refusal.into(),
        });
        let given = given.with_context(|| unfinished(&args.import, accepted + known))?;
        accepted += given.accepted;
        known += given.known;
        unknown_labels.extend(given.unknown_labels);
    }
    say!("judgements: {accepted} kept, {known} were there already");
    if !unknown_labels.is_empty() {
        let labels = unknown_labels.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!("undertone: no model of the server answers with {labels}: were they spelled right?");
    }
    Ok(ExitCode::SUCCESS)
}

/// What is told in front of why judgements were not taken.
fn unfinished(import: &Option<PathBuf>, taken: u32) -> String {
    match import {
        Some(path) => format!(
            "{}: its first {taken} judgements were taken, and none behind them; the same file again is no harm",
            path.display()
        ),
        None => "it was not taken".to_owned(),
    }
}

fn read(path: &Path, source: &str) -> anyhow::Result<Vec<csv::Told>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    csv::judgements(&text, source).with_context(|| format!("{}", path.display()))
}

impl FeedbackArgs {
    fn judgement(&self) -> v1::Judgement {
        let time = |own: Option<std::time::Duration>| own.and_then(|own| own.try_into().ok());
        let about = match (&self.prediction, &self.stream) {
            (Some(id), _) => Some(About::PredictionId(id.clone())),
            (None, stream) => stream.clone().map(|stream_id| {
                About::Interval(v1::StreamInterval { stream_id, start: time(self.from), end: time(self.to) })
            }),
        };
        let label = self.label.clone().map(Verdict::Label);
        v1::Judgement {
            id: String::new(),
            about,
            verdict: label.or_else(|| self.correct.map(Verdict::Correct)),
            source: self.source.clone(),
            said_at: None,
        }
    }
}
