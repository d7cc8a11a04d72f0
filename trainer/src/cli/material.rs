//! What is trained on, and with which recipe.

use clap::Args;
use std::path::{Path, PathBuf};
use undertone_trainer::dataset::{Clip, read_clips};
use undertone_trainer::{Checkpoints, Job, SplitRule, TrainingRecipe};

/// The corpus that the protocols split.
pub(super) const RAVDESS: &str = "ravdess";

#[derive(Debug, Args)]
pub(super) struct MaterialArguments {
    /// What to train, and how.
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// A folder with an index.csv, of folders named by label, or of RAVDESS-named clips; or a CSV file (columns
    /// path,emotion,speaker and perhaps corpus).
    #[arg(long, env = "UNDERTONE_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// Which rows of the index.csv.
    #[arg(long, default_value = RAVDESS)]
    corpus: String,
    /// Where checkpoints and prepared frames are kept; what is there is taken up again.
    #[arg(long, value_name = "DIR", default_value = "target/training")]
    work_dir: PathBuf,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u32,
    /// Epochs between two checkpoints.
    #[arg(long, default_value_t = 5)]
    checkpoint_every: usize,
    /// Threads to compute with; all processors when it is left out. The result does not depend on it.
    #[arg(long)]
    threads: Option<usize>,
}

impl MaterialArguments {
    /// Reads the recipe, and sets the number of threads for the rest of the program.
    pub(super) fn recipe(&self) -> anyhow::Result<TrainingRecipe> {
        let threads = self.threads.unwrap_or(0);
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        Ok(TrainingRecipe::read(&self.recipe)?)
    }

    /// Where the clips are.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// The clips, without listening to them.
    pub(super) fn clips(&self) -> anyhow::Result<Vec<Clip>> {
        Ok(read_clips(&self.data, &self.corpus)?)
    }

    pub(super) fn job(&self, recipe: &TrainingRecipe, split: SplitRule, folder: &str) -> Job {
        Job {
            data: self.data.clone(),
            corpus: self.corpus.clone(),
            recipe: recipe.clone(),
            split,
            seed: self.seed,
            cache_dir: self.work_dir.join("frames"),
            work_dir: self.work_dir.join(&recipe.name).join(folder),
        }
    }

    pub(super) fn checkpoints(&self) -> Checkpoints {
        Checkpoints { every: self.checkpoint_every, resume: true }
    }
}
