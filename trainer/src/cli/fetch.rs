//! `undertone-trainer fetch`: brings a published data set here.

use clap::{Args, ValueEnum};
use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;
use undertone_terminal::say;
use undertone_trainer::fetch::{Md5, Published, RAVDESS_ARCHIVE, RAVDESS_MD5, RAVDESS_URL, Step, Transfer};

/// Without a terminal a line is printed every so many percent.
const LINE_PERCENT: u64 = 10;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which data set.
    data_set: DataSet,
    /// Folder for the zip file and the clips in it.
    #[arg(long, value_name = "DIR", default_value = "target/data/ravdess")]
    into: PathBuf,
    /// Where the zip file is published.
    #[arg(long, default_value = RAVDESS_URL)]
    url: String,
    /// The MD5 checksum that is published with it.
    #[arg(long, value_name = "MD5", default_value = RAVDESS_MD5)]
    checksum: Md5,
}

/// Data sets that can be fetched.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum DataSet {
    /// The spoken clips of RAVDESS: 1440 clips of 24 actors, 208 MB, CC BY-NC-SA 4.0.
    Ravdess,
}

impl DataSet {
    fn archive(self) -> &'static str {
        match self {
            Self::Ravdess => RAVDESS_ARCHIVE,
        }
    }
}

/// Downloads, verifies and unpacks; says on standard error how far it is, and at the end what is there.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let published = Published {
        url: arguments.url.clone(),
        checksum: arguments.checksum,
        archive: arguments.data_set.archive().to_owned(),
        folder: arguments.into.clone(),
    };
    let mut display = Display::default();
    let outcome = published.fetch(&mut |step| display.show(step));
    display.end_line();
    let fetched = outcome?;
    if fetched.nothing_to_do() {
        say!("everything is there and verified: nothing to do");
    }
    say!("{}: {} clips of {} speakers", arguments.into.display(), fetched.clips, fetched.speakers);
    Ok(())
}

/// One line that changes on a terminal, few lines elsewhere.
#[derive(Default)]
struct Display {
    /// The step and its mark that were shown last.
    shown: Option<(&'static str, u64)>,
    is_line_open: bool,
}

impl Display {
    fn show(&mut self, step: Step) {
        let is_terminal = stderr().is_terminal();
        let mark = if is_terminal { percent(step) } else { percent(step) / LINE_PERCENT };
        let shown = Some((name(step), mark));
        if self.shown == shown {
            return;
        }
        self.shown = shown;
        if is_terminal {
            // Clears what a longer line left behind.
            eprint!("\r\x1b[K{}", text(step));
            let _ = stderr().flush();
            self.is_line_open = true;
        } else {
            eprintln!("{}", text(step));
        }
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.is_line_open) {
            eprintln!();
        }
    }
}

/// How far a step is; of a download of unknown size the blocks of 16 MiB are counted.
fn percent(step: Step) -> u64 {
    match step {
        Step::Downloading(transfer) => transfer.percent().unwrap_or(transfer.bytes >> 24),
        Step::Verified => 100,
        Step::Unpacking { done, total } => (done * 100 / total.max(1)) as u64,
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Downloading(_) => "downloading",
        Step::Verified => "verified",
        Step::Unpacking { .. } => "unpacking",
    }
}

fn text(step: Step) -> String {
    match step {
        Step::Downloading(transfer) => format!("{}{}", name(step), amount(transfer)),
        Step::Verified => "the zip file is whole: its checksum is right".to_owned(),
        Step::Unpacking { done, total } => format!("{}: {done} of {total} clips", name(step)),
    }
}

fn amount(transfer: Transfer) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let bytes = megabytes(transfer.bytes);
    let total = transfer.total.map_or(String::new(), |total| format!(" of {:.1}", megabytes(total)));
    let percent = transfer.percent().map_or(String::new(), |percent| format!(" ({percent} %)"));
    let left = transfer.remaining().map_or(String::new(), |left| format!(", {} s left", left.as_secs()));
    format!(": {bytes:.1}{total} MB{percent}{left}")
}
