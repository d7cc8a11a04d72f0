//! How RAVDESS is split to be measured.
//!
//! The lists of clips are committed beside the recipes, so that a split can be read and not only computed.

mod folds;
mod random80;
mod speaker5;

pub use folds::FoldList;

use crate::TrainError;
use crate::dataset::{Clip, Part, Split};
use undertone_evaluation::{Protocol, RunId};

/// Which training of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldId {
    /// The protocol, and the seed of everything random: of the split, too, where that is random.
    pub run: RunId,
    /// The part that is tested.
    pub fold: u32,
}

/// Folds that are trained for a whole evaluation. In `random80` one fifth is tested.
pub fn folds(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Speaker5 => 5,
        Protocol::Random80 => 1,
    }
}

/// The clips' folds. For `random80` only the seeds 0 to 2 have lists.
pub fn list(run: RunId) -> Result<FoldList, TrainError> {
    match run.protocol {
        Protocol::Speaker5 => speaker5::list(),
        Protocol::Random80 => random80::list(run.seed),
    }
}

impl FoldId {
    /// Gives every clip its part. Fails when a clip is not in the committed list.
    pub fn split(self, clips: &[Clip]) -> Result<Split, TrainError> {
        let list = list(self.run)?;
        let validation = match self.run.protocol {
            Protocol::Speaker5 => speaker5::validation_speakers(clips, &list, self),
            Protocol::Random80 => Vec::new(),
        };
        let part = |clip: &Clip| {
            let fold = list.fold(&clip.name()).ok_or_else(|| TrainError::Split {
                mistakes: vec![format!(
                    "{} is not in the list of {}",
                    clip.path.display(),
                    self.run.protocol
                )],
            })?;
            Ok(match () {
                () if fold == self.fold => Part::Test,
                () if validation.contains(&clip.speaker) => Part::Validation,
                () => Part::Training,
            })
        };
        let parts = clips.iter().map(part).collect::<Result<Vec<Part>, TrainError>>()?;
        if !parts.contains(&Part::Test) {
            let mistakes = vec![format!("{} has no fold {}", self.run.protocol, self.fold)];
            return Err(TrainError::Split { mistakes });
        }
        Split::of_parts(clips, parts)
    }

    /// A folder name: `speaker5-seed0-fold1`.
    pub fn folder(self) -> String {
        format!("{}-fold{}", self.run, self.fold)
    }
}
