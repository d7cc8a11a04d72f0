//! `undertone listen`: a microphone, and what is heard, as a live picture.

mod picture;
mod recorder;

use super::SettingsArgs;
use super::duration::duration;
use super::recognizer::Recognizer;
use crate::report::Palette;
use clap::Args;
use picture::Picture;
use recorder::{Recorder, Taking};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use undertone_client::{EventStream, Options, StreamOptions};

#[derive(Debug, Args)]
pub(super) struct ListenArgs {
    /// Ask this server, for instance http://127.0.0.1:50151. Without it the models run in this process and nothing is recorded.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// NAME or NAME@VERSION; when not given, the model of an experiment that takes the stream, else the default one.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Time between two updates of the picture.
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = duration)]
    hop: Duration,
    /// How much more probable another emotion must be, 0 to 1, before it is shown in place of the one before.
    #[arg(long, value_name = "MARGIN", default_value_t = 0.0)]
    hysteresis: f32,
    /// Take the audio from this shell command: 16-bit little-endian samples, one channel, on its standard output. Without it, the
    /// first of arecord, parec and pw-record that is there records.
    #[arg(long, value_name = "COMMAND", conflicts_with = "stdin")]
    command: Option<String>,
    /// Take such samples from standard input.
    #[arg(long)]
    stdin: bool,
    /// Samples per second.
    #[arg(long, value_name = "HZ", default_value_t = 16_000, value_parser = clap::value_parser!(u32).range(8_000..=48_000))]
    rate: u32,
    /// The microphone, as the recorder names it.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["command", "stdin"])]
    device: Option<String>,
}

pub(super) async fn run(args: &ListenArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let recorder = match (&args.command, args.stdin) {
        (_, true) => Recorder::StandardInput,
        (Some(command), _) => Recorder::Command(command.clone()),
        (None, _) => Recorder::found(args.rate, args.device.as_deref())?,
    };
    let recognizer = Recognizer::open(args.server.as_deref(), settings).await?;
    let asked = Options {
        model: args.model.clone(),
        interim: true,
        hop: Some(args.hop),
        hysteresis: args.hysteresis,
        ..Options::default()
    };
    let (source, taking) = recorder.start(args.rate)?;
    let events = recognizer.stream(source, &StreamOptions::from(asked));
    watch(events, &taking).await?;
    taking.end().await?;
    Ok(ExitCode::SUCCESS)
}

/// Shows everything to the end, which comes when nothing more is recorded, or with Ctrl-C.
async fn watch(mut events: EventStream, taking: &Taking) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    let is_live = stdout.is_terminal();
    let mut picture = Picture::new(stdout, Palette::for_stdout(), is_live);
    let mut pressed = Box::pin(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => picture.show(event)?,
                Some(Err(error)) => {
                    picture.clear()?;
                    return Err(error.into());
                }
                None => return Ok(picture.clear()?),
            },
            interrupted = &mut pressed => {
                interrupted?;
                // What was said so far is answered; who presses once more does not wait for it.
                if taking.is_stopped() {
                    return Ok(picture.clear()?);
                }
                taking.stop();
                pressed = Box::pin(tokio::signal::ctrl_c());
            }
        }
    }
}
