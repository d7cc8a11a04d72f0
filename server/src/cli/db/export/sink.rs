//! Where exported rows go.

use super::csv;
use super::parquet::ParquetFile;
use clap::ValueEnum;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use undertone_store::PredictionRow;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values, one prediction a line.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// The format that the ending of a file's name stands for: Parquet for `.parquet`, else comma-separated values.
    pub(super) fn of_name(path: &Path) -> Self {
        match path.extension() {
            Some(ending) if ending.eq_ignore_ascii_case("parquet") => Self::Parquet,
            _ => Self::Csv,
        }
    }

    /// Rows of this format into `file`.
    pub(super) fn begin(self, file: File) -> anyhow::Result<Sink> {
        match self {
            Self::Csv => {
                let mut file = BufWriter::new(file);
                csv::head(&mut file)?;
                Ok(Sink::Csv(file))
            }
            Self::Parquet => Ok(Sink::Parquet(Box::new(ParquetFile::create(file)?))),
        }
    }
}

/// A file that is being written.
pub(super) enum Sink {
    Csv(BufWriter<File>),
    Parquet(Box<ParquetFile>),
}

impl Sink {
    pub(super) fn page(&mut self, rows: &[PredictionRow]) -> anyhow::Result<()> {
        match self {
            Self::Csv(file) => rows.iter().try_for_each(|row| csv::line(file, row)).map_err(Into::into),
            Self::Parquet(file) => file.page(rows),
        }
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(mut file) => file.flush().map_err(Into::into),
            Self::Parquet(file) => file.finish(),
        }
    }
}
