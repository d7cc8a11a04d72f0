//! Where reports go, and in which form.

use super::sources::Source;
use crate::report::parquet::Utterances;
use crate::report::{FileReport, Palette, csv, json, subtitles, text};
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{IsTerminal, Stdout};
use std::path::{Path, PathBuf};
use undertone_terminal::say_part;

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
    /// Apache Parquet, one row per utterance; without --out all in one file on standard output.
    Parquet,
}

impl ReportFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Parquet => "parquet",
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
    /// On standard output.
    table: Option<Utterances<Stdout>>,
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
            let mut stems = BTreeMap::new();
            for source in sources {
                if let Some(other) = stems.insert(source.own_file(), source) {
                    bail!(
                        "--out: {other} and {source} are both called {:?}, and each has one file there",
                        source.own_file()
                    );
                }
            }
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        } else if matches!(format, ReportFormat::Srt | ReportFormat::Vtt) && sources.len() > 1 {
            bail!("subtitles of {} recordings need a file each: give --out FOLDER", sources.len());
        }
        let table = match format {
            ReportFormat::Parquet if out.is_none() => Some(on_stdout()?),
            _ => None,
        };
        let palette = if out.is_some() { Palette::Plain } else { Palette::for_stdout() };
        Ok(Self { format, out, palette, begun: false, table })
    }

    pub(super) fn print(&mut self, source: &Source, report: &FileReport) -> anyhow::Result<()> {
        self.warn(report);
        match &self.out {
            None => {
                self.say(report)?;
                self.begun |= self.format != ReportFormat::Csv || !report.utterances.is_empty();
            }
            Some(folder) => {
                let mut path = folder.join(source.own_file()).into_os_string();
                path.push(format!(".{}", self.format.ending()));
                let path = PathBuf::from(path);
                self.write(&path, report).with_context(|| format!("{} cannot be written", path.display()))?;
            }
        }
        Ok(())
    }

    /// Everything was printed.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        if self.format == ReportFormat::Csv && self.out.is_none() && !self.begun {
            say_part!("{}", csv::header(&FileReport::default()));
        }
        self.table.map_or(Ok(()), Utterances::finish)
    }

    fn write(&self, path: &Path, report: &FileReport) -> anyhow::Result<()> {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        if self.format != ReportFormat::Parquet {
            return Ok(std::fs::write(path, self.whole(report)?)?);
        }
        let mut table = Utterances::create(File::create(path)?)?;
        table.add(report)?;
        table.finish()
    }

    /// Warnings for which the form has no place.
    fn warn(&self, report: &FileReport) {
        if matches!(self.format, ReportFormat::Text | ReportFormat::Json) {
            return;
        }
        for warning in &report.warnings {
            eprintln!("undertone: {}: {warning}", report.file);
        }
    }

    fn say(&mut self, report: &FileReport) -> anyhow::Result<()> {
        if let Some(table) = &mut self.table {
            return table.add(report);
        }
        match self.format {
            ReportFormat::Text if self.begun => say_part!("\n{}", self.whole(report)?),
            // The header waits for somebody who speaks, since his answer tells the labels.
            ReportFormat::Csv if self.begun || report.utterances.is_empty() => {
                say_part!("{}", csv::rows(report));
            }
            _ => say_part!("{}", self.whole(report)?),
        }
        Ok(())
    }

    fn whole(&self, report: &FileReport) -> anyhow::Result<String> {
        Ok(match self.format {
            ReportFormat::Text => text::render(report, self.palette),
            ReportFormat::Json => serde_json::to_string(&json::object(report))? + "\n",
            ReportFormat::Csv => csv::header(report) + &csv::rows(report),
            ReportFormat::Srt => subtitles::srt(report),
            ReportFormat::Vtt => subtitles::vtt(report),
            // It is written as it comes, see above.
            ReportFormat::Parquet => String::new(),
        })
    }
}

fn on_stdout() -> anyhow::Result<Utterances<Stdout>> {
    if std::io::stdout().is_terminal() {
        bail!("Parquet is nothing to read: give --out FOLDER, or send the output to a file");
    }
    Utterances::create(std::io::stdout())
}
