//! Takes a stream's replies, and remembers how to take the stream up again.

use crate::cli::console::{say, say_part};
use crate::cli::recognizer::{Replies, sentence};
use crate::report::{FileReport, Palette, seconds, text};
use anyhow::anyhow;
use std::error::Error;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use undertone_proto::v1;
use v1::streaming_recognize_response::Message as Tell;

/// Everything that was told about a recording so far.
pub(super) struct Listener {
    report: FileReport,
    ticker: Option<Ticker>,
    started: Option<v1::Started>,
    acknowledged: Option<v1::Acknowledgement>,
}

/// A stream ended before its recording did.
#[derive(Debug)]
pub(super) enum Break {
    /// With an error.
    Failed(Status),
    /// The server is shutting down.
    Drained,
    /// Without a last word.
    Silent,
    /// Nothing is wrong with the stream, but what it tells cannot be shown.
    Unshown(anyhow::Error),
}

impl Listener {
    /// With `watch`, updates are shown as they come.
    pub(super) fn new(name: String, watch: bool) -> Self {
        let ticker = watch.then(Ticker::new);
        Self { report: FileReport::named(name), ticker, started: None, acknowledged: None }
    }

    pub(super) fn into_report(self) -> FileReport {
        self.report
    }

    /// Takes replies to the last one.
    pub(super) async fn listen(&mut self, mut replies: Replies) -> Result<(), Break> {
        while let Some(reply) = replies.next().await {
            match reply?.message {
                Some(Tell::Started(started)) => self.start(started),
                Some(Tell::Result(result)) => self.take(result)?,
                Some(Tell::Acknowledgement(acknowledgement)) => self.acknowledged = Some(acknowledgement),
                Some(Tell::Warning(warning)) => self.report.warnings.push(warning.message),
                Some(Tell::Ended(ended)) => return self.end(ended),
                Some(Tell::SpeechEvent(_)) | None => {}
            }
        }
        Err(Break::Silent)
    }

    /// The first byte of audio that is still to be heard.
    pub(super) fn next_byte(&self) -> u64 {
        self.acknowledged.as_ref().map_or(0, |own| own.audio_bytes)
    }

    /// The same in seconds.
    pub(super) fn next_seconds(&self) -> f64 {
        seconds(self.acknowledged.as_ref().and_then(|own| own.audio.as_ref()))
    }

    /// How long the server takes a stream up again.
    pub(super) fn resume_within(&self) -> Duration {
        let limits = self.started.as_ref().and_then(|started| started.limits.as_ref());
        let within = limits.and_then(|limits| limits.resume_within);
        within.and_then(|within| Duration::try_from(within).ok()).unwrap_or_default()
    }

    /// The configuration with which the stream is taken up; `None` when the server said nothing of it. Updates of the
    /// utterance that will be heard again are forgotten.
    pub(super) fn taken_up(&mut self) -> Option<v1::RecognitionConfig> {
        let resume_token = self.acknowledged.as_ref()?.resume_token.clone();
        let effective = self.started.as_ref()?.effective_config.clone()?;
        self.report.forget_updates();
        Some(v1::RecognitionConfig { resume_token, ..effective })
    }

    fn start(&mut self, mut started: v1::Started) {
        self.acknowledged = started.acknowledgement.take().or(self.acknowledged.take());
        self.started = Some(started.clone());
        self.report.start(started);
    }

    fn take(&mut self, mut result: v1::Result) -> Result<(), Break> {
        if let Some(ticker) = &mut self.ticker {
            ticker.show(&result).map_err(|error| Break::Unshown(error.into()))?;
        }
        self.acknowledged = result.acknowledgement.take().or(self.acknowledged.take());
        self.report.take(result);
        Ok(())
    }

    fn end(&mut self, mut ended: v1::Ended) -> Result<(), Break> {
        if let Some(ticker) = &mut self.ticker {
            ticker.clear().map_err(|error| Break::Unshown(error.into()))?;
        }
        self.acknowledged = ended.acknowledgement.take().or(self.acknowledged.take());
        self.report.end(&ended);
        if ended.reason() == v1::ended::Reason::Drained { Err(Break::Drained) } else { Ok(()) }
    }
}

impl From<Status> for Break {
    fn from(status: Status) -> Self {
        Self::Failed(status)
    }
}

impl Break {
    /// Whether the stream can be taken up: the server is away, or the connection broke.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            // What the transport says has a source; what the server says has none.
            Self::Failed(status) => status.code() == Code::Unavailable || status.source().is_some(),
            Self::Drained | Self::Silent => true,
            Self::Unshown(_) => false,
        }
    }

    pub(super) fn into_error(self) -> anyhow::Error {
        match self {
            Self::Failed(status) => sentence(&status),
            Self::Unshown(error) => error,
            broken => anyhow!("{broken}"),
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(status) => write!(f, "{}", sentence(status)),
            Self::Drained => f.write_str("the server shut down before it had heard everything"),
            Self::Silent => f.write_str("the stream ended without a last word"),
            Self::Unshown(error) => write!(f, "{error}"),
        }
    }
}

/// Shows updates as they come: one line that changes on a terminal, else one line each.
struct Ticker {
    terminal: bool,
    palette: Palette,
}

impl Ticker {
    fn new() -> Self {
        Self { terminal: std::io::stdout().is_terminal(), palette: Palette::for_stdout() }
    }

    fn show(&self, result: &v1::Result) -> std::io::Result<()> {
        let line = text::update_line(result, self.palette);
        if self.terminal {
            say_part!("\r\x1b[2K{line}");
            std::io::stdout().flush()?;
        } else {
            say!("{line}");
        }
        Ok(())
    }

    fn clear(&self) -> std::io::Result<()> {
        if self.terminal {
            say_part!("\r\x1b[2K");
        }
        Ok(())
    }
}
