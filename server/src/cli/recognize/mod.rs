//! `undertone recognize`

mod listener;
mod printer;
mod progress;
mod sources;

use super::SettingsArgs;
use super::duration::duration;
use super::recognizer::Recognizer;
use crate::report::FileReport;
use anyhow::Context;
use clap::Args;
use listener::{Listener, Told};
use printer::{Printer, ReportFormat};
use progress::Progress;
use sources::Source;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use undertone_client::{Options, Recording, StreamOptions};
use undertone_proto::v1;
use undertone_terminal::sentence_of;

/// Recordings up to this size go in one message; longer ones are streamed as fast as they are taken.
const ONE_MESSAGE_BYTES: usize = 3 * 1024 * 1024;
/// Time between two columns of the text timeline.
const TIMELINE_HOP: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, Args)]
pub(super) struct RecognizeArgs {
    /// Recordings (WAV, FLAC or Ogg Opus), folders of them, patterns such as 'calls/*.wav', or - for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Ask this server, for instance http://127.0.0.1:50151. Without it the models run in this process and nothing is recorded.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// NAME or NAME@VERSION; when not given, the model of an experiment that takes the stream, else the default one.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Send the recording as if it were being spoken, and show the updates.
    #[arg(long)]
    stream: bool,
    /// Time between two updates, which JSON then tells too; when not given, 250ms for the timeline, else as the server has it.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    hop: Option<Duration>,
    /// With --stream: how much more probable another emotion must be, 0 to 1, before it is shown in place of the one before.
    #[arg(long, value_name = "MARGIN", default_value_t = 0.0, requires = "stream")]
    hysteresis: f32,
    /// What to print.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Write a file for each recording into this folder, and print nothing.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Recordings at a time; as many as there are cores when not given.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: Option<u32>,
}

pub(super) async fn run(args: &RecognizeArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let sources = Source::all(&args.files)?;
    let mut printer = Printer::new(args.format, args.out.clone(), &sources)?;
    let jobs = args.jobs_for(sources.len());
    let recognizer = Arc::new(Recognizer::open_for(args.server.as_deref(), settings, jobs).await?);
    let mut progress = Progress::of(sources.len());
    let mut failed = 0;
    let mut waiting = sources.iter();
    // So many are under way at a time, and answers are given out in the order of the recordings.
    let begin = |source: &Source| {
        let (source, args, recognizer) = (source.clone(), args.clone(), recognizer.clone());
        tokio::spawn(async move { (recognize(&source, &args, &recognizer).await, source) })
    };
    let mut under_way: VecDeque<_> = waiting.by_ref().take(jobs).map(begin).collect();
    while let Some(task) = under_way.pop_front() {
        let (outcome, source) = task.await.context("a task was lost")?;
        under_way.extend(waiting.next().map(begin));
        progress.clear();
        match outcome {
            Ok(Told { report, unfinished }) => {
                printer.print(&source, &report)?;
                if let Some(why) = unfinished {
                    failed += 1;
                    eprintln!("undertone: {source}: {why}");
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("undertone: {source}: {}", sentence_of(&error));
            }
        }
        progress.advance();
    }
    printer.finish()?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl RecognizeArgs {
    /// Recordings at a time; one where a person watches.
    fn jobs_for(&self, recordings: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most = self.jobs.map_or(cores, |jobs| jobs as usize);
        if self.stream { 1 } else { most.clamp(1, recordings.max(1)) }
    }
}

async fn recognize(source: &Source, args: &RecognizeArgs, recognizer: &Recognizer) -> anyhow::Result<Told> {
    let bytes = source.read()?;
    let asked = asked(args);
    let name = source.to_string();
    if !args.stream && bytes.len() <= ONE_MESSAGE_BYTES {
        let request = v1::RecognizeRequest { config: Some(asked.to_config(None)), audio: bytes.into() };
        let response = recognizer.recognize(request).await?;
        return Ok(FileReport::from_response(name, response).into());
    }
    let recording = undertone_client::Source::recording(Recording::from(bytes)).await?;
    let recording = if args.stream { recording.in_real_time() } else { recording };
    let watch = args.stream && args.format == ReportFormat::Text && args.out.is_none();
    let events = recognizer.stream(recording, &StreamOptions::from(asked));
    Listener::new(name, watch).listen(events).await
}

fn asked(args: &RecognizeArgs) -> Options {
    let timeline = args.format == ReportFormat::Text;
    Options {
        model: args.model.clone(),
        interim: args.stream || timeline || args.hop.is_some(),
        hop: args.hop.or(timeline.then_some(TIMELINE_HOP)),
        hysteresis: args.hysteresis,
        ..Options::default()
    }
}
