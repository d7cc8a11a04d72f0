//! `undertone recognize`

mod listener;
mod pacing;
mod streaming;

use super::SettingsArgs;
use super::console::{nobody_reads, say, say_part};
use super::recognizer::{Recognizer, sentence};
use crate::report::{FileReport, Palette, csv, json, text};
use anyhow::Context;
use clap::{Args, ValueEnum};
use pacing::Pace;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use streaming::Showing;
use undertone_proto::v1;

/// Recordings up to this size go in one message; longer ones are streamed as fast as they are taken.
const ONE_MESSAGE_BYTES: usize = 3 * 1024 * 1024;
/// Time between two columns of the text timeline.
const TIMELINE_HOP: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub(super) struct RecognizeArgs {
    /// Recordings: WAV, FLAC or Ogg Opus.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Ask this server, for instance http://127.0.0.1:50151. Without it the models run in this process and nothing is recorded.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// NAME or NAME@VERSION; the default model when not given.
    #[arg(long, default_value = "")]
    model: String,
    /// Send the recording as if it were being spoken, and show the updates.
    #[arg(long)]
    stream: bool,
    /// With --stream: how much more probable another emotion must be, 0 to 1, before it is shown in place of the one before.
    #[arg(long, value_name = "MARGIN", default_value_t = 0.0, requires = "stream")]
    hysteresis: f32,
    /// What to print: a timeline, one JSON object per file and line, or CSV with a header.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
    Csv,
}

pub(super) async fn run(args: &RecognizeArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let recognizer = Recognizer::open(args.server.as_deref(), settings).await?;
    let mut printer = Printer { format: args.format, palette: Palette::for_stdout(), begun: false };
    let mut failed = 0;
    for file in &args.files {
        match recognize(file, args, &recognizer).await {
            Ok(report) => printer.print(&report)?,
            Err(error) if nobody_reads(&error) => return Err(error),
            Err(error) => {
                failed += 1;
                eprintln!("undertone: {}: {error:#}", file.display());
            }
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn recognize(file: &Path, args: &RecognizeArgs, recognizer: &Recognizer) -> anyhow::Result<FileReport> {
    let bytes = std::fs::read(file).context("it cannot be read")?;
    let config = config(args);
    let name = file.display().to_string();
    if !args.stream && bytes.len() <= ONE_MESSAGE_BYTES {
        let request = v1::RecognizeRequest { config: Some(config), audio: bytes.into() };
        let response = recognizer.recognize(request).await.map_err(|status| sentence(&status))?;
        return Ok(FileReport::from_response(name, response));
    }
    let pace = if args.stream { Pace::RealTime } else { Pace::AsFastAsTaken };
    let watch = args.stream && args.format == ReportFormat::Text;
    streaming::stream(recognizer, config, &bytes, Showing { name, pace, watch }).await
}

fn config(args: &RecognizeArgs) -> v1::RecognitionConfig {
    let timeline = args.format == ReportFormat::Text;
    let hop = prost_types::Duration {
        seconds: 0,
        nanos: i32::try_from(TIMELINE_HOP.as_nanos()).expect("a hop is below a second"),
    };
    v1::RecognitionConfig {
        model: args.model.clone(),
        interim_results: args.stream || timeline,
        interim_hop: timeline.then_some(hop),
        hysteresis: args.hysteresis,
        ..v1::RecognitionConfig::default()
    }
}

/// Prints reports one after the other.
struct Printer {
    format: ReportFormat,
    palette: Palette,
    begun: bool,
}

impl Printer {
    fn print(&mut self, report: &FileReport) -> anyhow::Result<()> {
        match self.format {
            ReportFormat::Text if self.begun => say_part!("\n{}", text::render(report, self.palette)),
            ReportFormat::Text => say_part!("{}", text::render(report, self.palette)),
            ReportFormat::Json => say!("{}", serde_json::to_string(&json::object(report))?),
            ReportFormat::Csv => {
                if !self.begun {
                    say!("{}", csv::header(report));
                }
                say_part!("{}", csv::rows(report));
            }
        }
        self.begun = true;
        Ok(())
    }
}
