//! What was noted down when networks were asked about clips they never learnt from.

mod agreement;
mod answer;
mod epoch;
mod files;
mod fold;
mod interim;
mod line;
mod prediction;
mod run;
mod table;
mod variant;

pub(crate) use answer::LABELS;
pub use answer::{Answer, Judged};
pub use epoch::Epoch;
pub use files::Run;
pub use fold::FoldFacts;
pub use interim::{Heard, InterimPrediction};
pub use prediction::Prediction;
pub use run::{Protocol, RunId};
pub use variant::Variant;

use crate::EvaluationError;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// All runs of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    runs: Vec<Run>,
}

impl Evidence {
    /// Takes runs, in any order, each protocol and seed once.
    pub fn new(mut runs: Vec<Run>) -> Self {
        runs.sort_by_key(|run| run.id);
        Self { runs }
    }

    /// Reads every CSV file in `folder`. Fails for a damaged file, for one whose name says no run, for a run
    /// without predictions, for seeds whose folds by speaker differ, and for a folder without runs. Files other than CSV are not looked at.
    pub fn open(folder: &Path) -> Result<Self, EvaluationError> {
        let ids = run_ids(folder)?;
        if ids.is_empty() {
            return Err(EvaluationError::Empty { folder: folder.to_owned() });
        }
        let read = |id| Run::read_whole(folder, id);
        let evidence = Self { runs: ids.into_iter().map(read).collect::<Result<_, _>>()? };
        evidence.check_folds(folder)?;
        Ok(evidence)
    }

    /// Bounds are set for a fold by the others of all seeds, so that a speaker must be in one fold only.
    fn check_folds(&self, folder: &Path) -> Result<(), EvaluationError> {
        let mut places: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for run in self.of(Protocol::Speaker5) {
            for Prediction { clip, fold, .. } in &run.predictions {
                let other = (run.id.seed, *fold);
                let one = *places.entry(clip).or_insert(other);
                if one.1 != other.1 {
                    return Err(EvaluationError::Folds {
                        folder: folder.to_owned(),
                        clip: clip.clone(),
                        one,
                        other,
                    });
                }
            }
        }
        Ok(())
    }

    /// The runs, by protocol and seed.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The runs of `protocol`, by seed.
    pub fn of(&self, protocol: Protocol) -> Vec<&Run> {
        self.runs.iter().filter(|run| run.id.protocol == protocol).collect()
    }
}

fn run_ids(folder: &Path) -> Result<BTreeSet<RunId>, EvaluationError> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(EvaluationError::read(folder))? {
        let entry = entry.map_err(EvaluationError::read(folder))?;
        match files::run_of(&entry.file_name().to_string_lossy()) {
            Some(Ok(id)) => drop(ids.insert(id)),
            Some(Err(what)) => return Err(EvaluationError::FileName { path: entry.path(), what }),
            None => {}
        }
    }
    Ok(ids)
}
