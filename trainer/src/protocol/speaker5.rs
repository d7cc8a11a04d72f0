//! Folds by actor.

use super::{FoldId, FoldList};
use crate::TrainError;
use crate::dataset::{Clip, Speaker};
use std::collections::BTreeSet;

const LIST: &str = include_str!("../../protocols/speaker5.csv");
const FOLDS: u32 = 5;

pub(super) fn list() -> Result<FoldList, TrainError> {
    FoldList::parse("speaker5.csv", LIST)
}

/// A man and a woman of another fold, for temperature and thresholds; which ones moves on with the seed. In
/// RAVDESS actors with odd numbers are men.
pub(super) fn validation_speakers(clips: &[Clip], list: &FoldList, id: FoldId) -> Vec<Speaker> {
    let other = (id.fold + 1 + id.run.seed % (FOLDS - 1)) % FOLDS;
    let here = clips.iter().filter(|clip| list.fold(&clip.name()) == Some(other));
    let speakers: BTreeSet<&Speaker> = here.map(|clip| &clip.speaker).collect();
    let is_man = |speaker: &Speaker| speaker.name().parse::<u32>().is_ok_and(|number| number % 2 == 1);
    let pick = (id.run.seed / (FOLDS - 1)) as usize;
    let choose = |man: bool| {
        let group: Vec<&Speaker> =
            speakers.iter().copied().filter(|speaker| is_man(speaker) == man).collect();
        group.get(pick % group.len().max(1)).map(|speaker| (*speaker).clone())
    };
    [true, false].into_iter().filter_map(choose).collect()
}
