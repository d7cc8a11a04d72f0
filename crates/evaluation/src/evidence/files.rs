//! The files of a run.

use super::agreement::Agreement;
use super::epoch::Epoch;
use super::fold::FoldFacts;
use super::interim::InterimPrediction;
use super::prediction::Prediction;
use super::run::RunId;
use super::table::{FIRST_ROW_LINE, Row, parse, render};
use super::variant::Variant;
use crate::EvaluationError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const EXTENSION: &str = ".csv";

/// What a file of a run holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Predictions,
    Folds,
    Curve,
    Interim,
    Int8,
    Int8Interim,
    Narrowband,
    NarrowbandInterim,
}

impl Kind {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Predictions => "",
            Self::Folds => "-folds",
            Self::Curve => "-curve",
            Self::Interim => "-interim",
            Self::Int8 => "-int8",
            Self::Int8Interim => "-int8-interim",
            Self::Narrowband => "-narrowband",
            Self::NarrowbandInterim => "-narrowband-interim",
        }
    }

    fn path(self, folder: &Path, run: RunId) -> PathBuf {
        folder.join(format!("{run}{}{EXTENSION}", self.suffix()))
    }
}

/// Everything noted down about one protocol with one seed. A list without entries has no file.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Which one.
    pub id: RunId,
    /// Answers to whole clips, each clip once.
    pub predictions: Vec<Prediction>,
    /// Facts about each fold.
    pub folds: Vec<FoldFacts>,
    /// The learning curves of all folds.
    pub curve: Vec<Epoch>,
    /// Answers of the causal network.
    pub interim: Vec<InterimPrediction>,
    /// Answers of the same networks with weights in 8 bits.
    pub int8: Variant,
    /// Answers to the same clips as a narrowband telephone call brings them.
    pub narrowband: Variant,
}

impl Run {
    /// A run of which nothing is known yet.
    pub const fn new(id: RunId) -> Self {
        Self {
            id,
            predictions: Vec::new(),
            folds: Vec::new(),
            curve: Vec::new(),
            interim: Vec::new(),
            int8: Variant::NOT_ASKED,
            narrowband: Variant::NOT_ASKED,
        }
    }

    /// Reads the files that `folder` has of `id`. Fails for a damaged one, naming file and line.
    pub fn read(folder: &Path, id: RunId) -> Result<Self, EvaluationError> {
        Ok(Self {
            id,
            predictions: read_rows(Kind::Predictions, folder, id)?,
            folds: read_rows(Kind::Folds, folder, id)?,
            curve: read_rows(Kind::Curve, folder, id)?,
            interim: read_rows(Kind::Interim, folder, id)?,
            int8: Variant {
                whole: read_rows(Kind::Int8, folder, id)?,
                interim: read_rows(Kind::Int8Interim, folder, id)?,
            },
            narrowband: Variant {
                whole: read_rows(Kind::Narrowband, folder, id)?,
                interim: read_rows(Kind::NarrowbandInterim, folder, id)?,
            },
        })
    }

    /// Writes the lists that have entries into `folder`, in the order of fold and clip; other files stay.
    /// Refuses, and writes nothing of, a list that could not be read back.
    pub fn write(&self, folder: &Path) -> Result<(), EvaluationError> {
        fs::create_dir_all(folder).map_err(EvaluationError::write(folder))?;
        write_rows(&self.predictions, Kind::Predictions, folder, self.id)?;
        write_rows(&self.folds, Kind::Folds, folder, self.id)?;
        write_rows(&self.curve, Kind::Curve, folder, self.id)?;
        write_rows(&self.interim, Kind::Interim, folder, self.id)?;
        write_rows(&self.int8.whole, Kind::Int8, folder, self.id)?;
        write_rows(&self.int8.interim, Kind::Int8Interim, folder, self.id)?;
        write_rows(&self.narrowband.whole, Kind::Narrowband, folder, self.id)?;
        write_rows(&self.narrowband.interim, Kind::NarrowbandInterim, folder, self.id)
    }

    /// Writes the run in place of what `folder` has of it: as [`Self::write`], but the files of lists without entries are
    /// removed, since they tell of other networks.
    pub fn replace(&self, folder: &Path) -> Result<(), EvaluationError> {
        self.write(folder)?;
        let empty = [
            (Kind::Curve, self.curve.is_empty()),
            (Kind::Interim, self.interim.is_empty()),
            (Kind::Int8, self.int8.whole.is_empty()),
            (Kind::Int8Interim, self.int8.interim.is_empty()),
            (Kind::Narrowband, self.narrowband.whole.is_empty()),
            (Kind::NarrowbandInterim, self.narrowband.interim.is_empty()),
        ];
        for path in empty.into_iter().filter(|(_, empty)| *empty).map(|(kind, _)| kind.path(folder, self.id))
        {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(EvaluationError::write(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads all files of a run, and fails when the predictions are missing or another file contradicts them.
    pub(super) fn read_whole(folder: &Path, id: RunId) -> Result<Self, EvaluationError> {
        let run = Self::read(folder, id)?;
        if run.predictions.is_empty() {
            return Err(EvaluationError::MissingPredictions { path: Kind::Predictions.path(folder, id) });
        }
        let agreement = Agreement::new(&run);
        let found = [
            (Kind::Folds, agreement.broken_by_fold()),
            (Kind::Curve, agreement.broken_by_curve()),
            (Kind::Interim, agreement.broken_by_interim(&run.interim, &run.predictions)),
            (Kind::Int8, agreement.broken_by_variant(&run.int8)),
            (Kind::Int8Interim, agreement.broken_by_interim(&run.int8.interim, &run.int8.whole)),
            (Kind::Narrowband, agreement.broken_by_variant(&run.narrowband)),
            (
                Kind::NarrowbandInterim,
                agreement.broken_by_interim(&run.narrowband.interim, &run.narrowband.whole),
            ),
        ];
        match found.into_iter().find_map(|(kind, broken)| Some((kind, broken?))) {
            Some((kind, (row, what))) => {
                let (path, line) = (kind.path(folder, id), row + FIRST_ROW_LINE);
                Err(EvaluationError::Damaged { path, line, what })
            }
            None => Ok(run),
        }
    }
}

/// The run that a file called `name` belongs to; `None` unless it is a CSV file.
pub(super) fn run_of(name: &str) -> Option<Result<RunId, String>> {
    let stem = name.strip_suffix(EXTENSION)?;
    // A suffix that ends as another one comes before it.
    let kinds = [
        Kind::Folds,
        Kind::Curve,
        Kind::Int8Interim,
        Kind::NarrowbandInterim,
        Kind::Interim,
        Kind::Int8,
        Kind::Narrowband,
    ];
    let start = kinds.iter().find_map(|kind| stem.strip_suffix(kind.suffix())).unwrap_or(stem);
    Some(start.parse())
}

fn read_rows<R: Row>(kind: Kind, folder: &Path, id: RunId) -> Result<Vec<R>, EvaluationError> {
    let path = kind.path(folder, id);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(&path).map_err(EvaluationError::read(&path))?;
    match str::from_utf8(&bytes) {
        Ok(text) => parse(text, id, &path),
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            Err(EvaluationError::Damaged { path, line, what: "the line is not UTF-8".to_owned() })
        }
    }
}

fn write_rows<R: Row>(rows: &[R], kind: Kind, folder: &Path, id: RunId) -> Result<(), EvaluationError> {
    if rows.is_empty() {
        return Ok(());
    }
    let path = kind.path(folder, id);
    let text = render(rows, id);
    parse::<R>(&text, id, &path)?;
    fs::write(&path, text).map_err(EvaluationError::write(&path))
}
