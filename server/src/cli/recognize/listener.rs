//! Takes what a stream tells, and shows it as it comes.

use crate::report::{self, FileReport, Palette, text};
use std::io::{IsTerminal, Write};
use undertone_client::{ClientError, Event, EventStream};
use undertone_proto::v1;
use undertone_terminal::{say, say_part, sentence_of};

/// Everything that was told about a recording so far.
pub(super) struct Listener {
    report: FileReport,
    ticker: Option<Ticker>,
    /// Whether the stream is broken, and was not taken up again yet.
    interrupted: bool,
    /// Why the server did not hear everything.
    cut: Option<String>,
}

/// What was told about a recording.
pub(super) struct Told {
    pub(super) report: FileReport,
    /// Why it is not about the whole recording.
    pub(super) unfinished: Option<String>,
}

impl From<FileReport> for Told {
    fn from(report: FileReport) -> Self {
        Self { report, unfinished: None }
    }
}

impl Listener {
    /// With `watch`, updates are shown as they come.
    pub(super) fn new(name: String, watch: bool) -> Self {
        let ticker = watch.then(Ticker::new);
        Self { report: FileReport::named(name), ticker, interrupted: false, cut: None }
    }

    /// Listens to the end. Fails when nothing was said of the recording before the stream failed.
    pub(super) async fn listen(mut self, mut events: EventStream) -> anyhow::Result<Told> {
        while let Some(event) = events.next().await {
            match self.take(event) {
                Err(error) if self.report.utterances.is_empty() => return Err(error),
                Err(error) => self.cut = Some(sentence_of(&error)),
                Ok(()) => {}
            }
        }
        let Self { mut report, cut, .. } = self;
        report.warnings.extend(cut.clone());
        Ok(Told { report, unfinished: cut })
    }

    fn take(&mut self, event: Result<Event, ClientError>) -> anyhow::Result<()> {
        match event? {
            Event::Started(started) => self.report.start(*started),
            Event::Interrupted { why, from } => {
                // Updates of the utterance that will be heard again are forgotten.
                self.report.forget_updates();
                if !std::mem::replace(&mut self.interrupted, true) {
                    eprintln!("undertone: {why}; trying to go on at {:.1} s", from.as_secs_f64());
                }
            }
            Event::Resumed(_) => {
                self.interrupted = false;
                eprintln!("undertone: going on");
            }
            Event::Interim(result) | Event::Final(result) => self.show(*result)?,
            Event::Warning(warning) => self.report.warnings.push(warning.message),
            Event::Ended(ended) => {
                if let Some(ticker) = &mut self.ticker {
                    ticker.clear()?;
                }
                self.report.end(&ended);
                self.cut = report::cut(&ended);
            }
            Event::Speech(_) => {}
        }
        Ok(())
    }

    fn show(&mut self, result: v1::Result) -> std::io::Result<()> {
        if let Some(ticker) = &mut self.ticker {
            ticker.show(&result)?;
        }
        self.report.take(result);
        Ok(())
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
