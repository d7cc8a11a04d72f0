//! Takes what a stream tells, and shows it as it comes.

use crate::cli::console::{say, say_part};
use crate::report::{FileReport, Palette, text};
use std::io::{IsTerminal, Write};
use undertone_client::{ClientError, Event, EventStream};
use undertone_proto::v1;

/// Everything that was told about a recording so far.
pub(super) struct Listener {
    report: FileReport,
    ticker: Option<Ticker>,
}

impl Listener {
    /// With `watch`, updates are shown as they come.
    pub(super) fn new(name: String, watch: bool) -> Self {
        Self { report: FileReport::named(name), ticker: watch.then(Ticker::new) }
    }

    /// Listens to the end.
    pub(super) async fn listen(mut self, mut events: EventStream) -> anyhow::Result<FileReport> {
        while let Some(event) = events.next().await {
            self.take(event)?;
        }
        Ok(self.report)
    }

    fn take(&mut self, event: Result<Event, ClientError>) -> anyhow::Result<()> {
        match event? {
            Event::Started(started) => self.report.start(*started),
            Event::Interrupted { why, from } => {
                // Updates of the utterance that will be heard again are forgotten.
                self.report.forget_updates();
                eprintln!("undertone: {why}; going on at {:.1} s", from.as_secs_f64());
            }
            Event::Interim(result) | Event::Final(result) => self.show(*result)?,
            Event::Warning(warning) => self.report.warnings.push(warning.message),
            Event::Ended(ended) => {
                if let Some(ticker) = &mut self.ticker {
                    ticker.clear()?;
                }
                self.report.end(&ended);
            }
            Event::Resumed(_) | Event::Speech(_) => {}
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
