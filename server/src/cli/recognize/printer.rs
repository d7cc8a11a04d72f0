//! Where reports go, and in which form.

use super::sources::Source;
use crate::cli::console::say_part;
use crate::report::{FileReport, Palette, csv, json, subtitles, text};
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// A timeline for people.
    Text,
    /// One JSON object per recording and line.
    Json,
    /// One line per utterance, below a header.
    Csv,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
}

impl ReportFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
        }
    }
}

/// Gives out reports one after the other.
pub(super) struct Printer {
    format: ReportFormat,
    /// A folder for a file of each recording; none: standard output.
    out: Option<PathBuf>,
    palette: Palette,
    begun: bool,
}

impl Printer {
    /// A printer for these recordings.
    ///
    /// # Errors
    /// When their subtitles would run into one another, or two would have the same file.
    pub(super) fn new(
        format: ReportFormat,
        out: Option<PathBuf>,
        sources: &[Source],
    ) -> anyhow::Result<Self> {
        if let Some(folder) = &out {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
            let mut stems = BTreeSet::new();
            if let Some(twice) = sources.iter().find(|source| !stems.insert(source.stem())) {
                bail!("--out: two recordings are called {:?}, and each has one file there", twice.stem());
            }
        } else if matches!(format, ReportFormat::Srt | ReportFormat::Vtt) && sources.len() > 1 {
            bail!("subtitles of {} recordings need a file each: give --out FOLDER", sources.len());
        }
        let palette = if out.is_some() { Palette::Plain } else { Palette::for_stdout() };
        Ok(Self { format, out, palette, begun: false })
    }

    pub(super) fn print(&mut self, source: &Source, report: &FileReport) -> anyhow::Result<()> {
        match &self.out {
            None => self.say(report)?,
            Some(folder) => {
                let path = folder.join(format!("{}.{}", source.stem(), self.format.ending()));
                std::fs::write(&path, self.whole(report)?)
                    .with_context(|| format!("{} cannot be written", path.display()))?;
            }
        }
        self.begun = true;
        Ok(())
    }

    fn say(&self, report: &FileReport) -> anyhow::Result<()> {
        match self.format {
            ReportFormat::Text if self.begun => say_part!("\n{}", self.whole(report)?),
            ReportFormat::Csv if self.begun => say_part!("{}", csv::rows(report)),
            _ => say_part!("{}", self.whole(report)?),
        }
        Ok(())
    }

    fn whole(&self, report: &FileReport) -> anyhow::Result<String> {
        Ok(match self.format {
            ReportFormat::Text => text::render(report, self.palette),
            ReportFormat::Json => serde_json::to_string(&json::object(report))? + "\n",
            ReportFormat::Csv => csv::header(report) + "\n" + &csv::rows(report),
            ReportFormat::Srt => subtitles::srt(report),
            ReportFormat::Vtt => subtitles::vtt(report),
        })
    }
}
