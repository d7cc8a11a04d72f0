//! Finished folds of a cross-validation, kept until all of them are there.

use super::FoldEvidence;
use crate::protocol::FoldId;
use crate::{TrainError, TrainingRecipe};
use std::fs;
use std::path::{Path, PathBuf};
use undertone_evaluation::Run;

const RECIPE: &str = "recipe.toml";

/// A folder with one folder per finished fold: its evidence, and the recipe it was trained by. Folds can come from
/// several machines.
#[derive(Debug, Clone)]
pub struct FoldShelf {
    folder: PathBuf,
}

impl FoldShelf {
    /// A shelf in `folder`, which need not exist yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The evidence of a fold, if it is there and was made by `recipe`; by another recipe is an error.
    pub fn take(&self, id: FoldId, recipe: &TrainingRecipe) -> Result<Option<FoldEvidence>, TrainError> {
        let folder = self.folder.join(id.folder());
        let path = folder.join(RECIPE);
        if !path.is_file() {
            return Ok(None);
        }
        if TrainingRecipe::read(&path)? != *recipe {
            return Err(TrainError::Unrelated(format!("{} was trained by another recipe", folder.display())));
        }
        let held = FoldEvidence::of_run(Run::read(&folder, id.run)?);
        let refuse = || TrainError::Unrelated(format!("{} does not hold one fold", folder.display()));
        held.map(Some).ok_or_else(refuse)
    }

    /// Puts the evidence of a fold there. The recipe is written last, and makes it whole.
    pub fn put(
        &self,
        id: FoldId,
        recipe: &TrainingRecipe,
        evidence: &FoldEvidence,
    ) -> Result<(), TrainError> {
        let folder = self.folder.join(id.folder());
        evidence.clone().into_run(id.run).write(&folder)?;
        let path = folder.join(RECIPE);
        fs::write(&path, recipe.to_toml()?).map_err(TrainError::file("write", &path))
    }
}
