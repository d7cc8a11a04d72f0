//! Which folds of which protocol.

use clap::Args;
use undertone_evaluation::{Protocol, RunId};
use undertone_trainer::protocol::{Dealing, FoldId};

#[derive(Debug, Args)]
pub(super) struct FoldArguments {
    /// How the clips are split: speaker5 (by speaker) or random80 (a random fifth). RAVDESS is split by the committed lists,
    /// another data set by its clips.
    #[arg(long, default_value = "speaker5")]
    pub(super) protocol: Protocol,
    /// Folds by speaker of a data set that is not RAVDESS.
    #[arg(long, default_value_t = Dealing::default().folds, value_parser = clap::value_parser!(u32).range(2..))]
    folds: u32,
    /// Another seed deals the speakers of such a data set out to other folds. They are the same for every --seed.
    #[arg(long, default_value_t = Dealing::default().seed)]
    fold_seed: u32,
}

impl FoldArguments {
    /// All trainings of a seed.
    pub(super) fn run(&self, seed: u32) -> RunId {
        RunId { protocol: self.protocol, seed }
    }

    /// One of them.
    pub(super) fn id(&self, seed: u32, fold: u32) -> FoldId {
        FoldId { run: self.run(seed), fold, dealing: self.dealing() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.dealing().tested(self.protocol)
    }

    fn dealing(&self) -> Dealing {
        Dealing { folds: self.folds, seed: self.fold_seed }
    }
}
