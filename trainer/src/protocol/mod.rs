//! How a data set is split to be measured.
//!
//! For RAVDESS the lists of clips are committed beside the recipes, so that a split can be read and not only computed. The
//! folds of other data sets follow from their clips.

mod dealing;
mod folds;
mod random80;
mod speaker5;

pub use dealing::Dealing;
pub use folds::FoldList;

use crate::TrainError;
use crate::dataset::{Clip, Part, Speaker, Split};
use undertone_evaluation::{Protocol, RunId};

/// Which training of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldId {
    /// The protocol, and the seed of everything random: of a random split, too.
    pub run: RunId,
    /// The part that is tested.
    pub fold: u32,
    /// How speakers are dealt out where no list is committed.
    pub dealing: Dealing,
}

/// The folds of RAVDESS' clips, as committed. For `random80` only the seeds 0 to 2 have lists.
pub fn list(run: RunId) -> Result<FoldList, TrainError> {
    match run.protocol {
        Protocol::Speaker5 => speaker5::list(),
        Protocol::Random80 => random80::list(run.seed),
    }
}

/// Whether the committed lists, which have all of RAVDESS' speech, know the clips of these names.
pub fn are_listed<'n>(mut clips: impl Iterator<Item = &'n str>) -> Result<bool, TrainError> {
    let list = speaker5::list()?;
    Ok(clips.all(|clip| list.fold(clip).is_some()))
}

impl FoldId {
    /// A fold of the five that are usual.
    pub fn new(run: RunId, fold: u32) -> Self {
        Self { run, fold, dealing: Dealing::default() }
    }

    /// Gives every clip its part: by the committed list where it knows one of the clips, and else by dealing them out. Fails
    /// when the list does not know all of them, and when there are too few speakers or clips.
    pub fn split(self, clips: &[Clip]) -> Result<Split, TrainError> {
        let known = speaker5::list()?;
        let is_listed = clips.iter().any(|clip| known.fold(&clip.name()).is_some());
        let (folds, validation) = if is_listed { self.listed(clips)? } else { self.dealt(clips)? };
        let part = |(clip, fold): (&Clip, &u32)| match () {
            () if *fold == self.fold => Part::Test,
            () if validation.contains(&clip.speaker) => Part::Validation,
            () => Part::Training,
        };
        let parts: Vec<Part> = clips.iter().zip(&folds).map(part).collect();
        let has_fold = self.fold < self.dealing.tested(self.run.protocol);
        if !has_fold || !parts.contains(&Part::Test) {
            let why = if has_fold { ": none of the clips belongs to it" } else { "" };
            let mistakes = vec![format!("{} has no fold {}{why}", self.run.protocol, self.fold)];
            return Err(TrainError::Split { mistakes });
        }
        Split::of_parts(clips, parts)
    }

    /// A folder name: `speaker5-seed0-fold1`, with the dealing in it where that is not the usual one.
    pub fn folder(self) -> String {
        let usual = Dealing::default();
        let is_usual = self.dealing == usual || self.run.protocol == Protocol::Random80;
        let Dealing { folds, seed } = self.dealing;
        let dealing = match is_usual {
            true => String::new(),
            false if seed == usual.seed => format!("of{folds}"),
            false => format!("of{folds}-dealt{seed}"),
        };
        format!("{}-fold{}{dealing}", self.run, self.fold)
    }

    /// Folds and validation speakers by the committed list.
    fn listed(self, clips: &[Clip]) -> Result<(Vec<u32>, Vec<Speaker>), TrainError> {
        let list = list(self.run)?;
        if self.run.protocol == Protocol::Speaker5 && self.dealing != Dealing::default() {
            let mistake = "the folds of RAVDESS are those of the committed list: five, which no seed changes";
            return Err(TrainError::Split { mistakes: vec![mistake.into()] });
        }
        let fold = |clip: &Clip| {
            list.fold(&clip.name()).ok_or_else(|| TrainError::Split {
                mistakes: vec![format!(
                    "{} is not in the list of {}",
                    clip.path.display(),
                    self.run.protocol
                )],
            })
        };
        let folds = clips.iter().map(fold).collect::<Result<_, _>>()?;
        let validation = match self.run.protocol {
            Protocol::Speaker5 => speaker5::validation_speakers(clips, &list, self),
            Protocol::Random80 => Vec::new(),
        };
        Ok((folds, validation))
    }

    /// The same for a data set without a list.
    fn dealt(self, clips: &[Clip]) -> Result<(Vec<u32>, Vec<Speaker>), TrainError> {
        let folds = dealing::folds(clips, self)?;
        let validation = match self.run.protocol {
            Protocol::Speaker5 => dealing::validation_speakers(clips, &folds, self),
            Protocol::Random80 => Vec::new(),
        };
        Ok((folds, validation))
    }
}
