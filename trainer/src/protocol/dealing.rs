//! Folds of data sets that have no committed list: they follow from the clips.

use super::FoldId;
use crate::dataset::{Clip, Speaker, names};
use crate::{Random, TrainError};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use undertone_bundle::Checksum;
use undertone_core::Emotion;
use undertone_evaluation::Protocol;

/// So many speakers of another fold set the temperature and the thresholds, where enough are left to learn from.
const VALIDATION_SPEAKERS: usize = 2;
/// One clip in so many is tested in a random split.
const RANDOM_SHARE: usize = 5;
const TESTED: u32 = 0;
const LEARNT: u32 = 1;

/// How the speakers of a data set are dealt out to folds.
///
/// The folds are the same for every seed of the training: seeds can be compared fold by fold, and what is said about a fold by
/// leaving it out holds for all seeds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dealing {
    /// How many folds by speaker; at least 2.
    pub folds: u32,
    /// Another one deals the speakers otherwise.
    pub seed: u32,
}

impl Default for Dealing {
    fn default() -> Self {
        Self { folds: 5, seed: 0 }
    }
}

impl Dealing {
    /// Folds that are trained for a whole evaluation. In `random80` one fifth is tested.
    pub fn tested(self, protocol: Protocol) -> u32 {
        match protocol {
            Protocol::Speaker5 => self.folds,
            Protocol::Random80 => 1,
        }
    }
}

/// Every clip's fold.
pub(super) fn folds(clips: &[Clip], id: FoldId) -> Result<Vec<u32>, TrainError> {
    let mistakes = unwritable(clips);
    if !mistakes.is_empty() {
        return Err(TrainError::Split { mistakes });
    }
    match id.run.protocol {
        Protocol::Speaker5 => by_speaker(clips, id.dealing),
        Protocol::Random80 => at_random(clips, id.run.seed),
    }
}

/// Some speakers of another fold; which fold, and then which of them, moves on with the seed. Never more than half of those
/// who are not tested.
pub(super) fn validation_speakers(clips: &[Clip], folds: &[u32], id: FoldId) -> Vec<Speaker> {
    let count = id.dealing.folds;
    let other = (id.fold + 1 + id.run.seed % (count - 1)) % count;
    let of = |wanted: &dyn Fn(u32) -> bool| -> Vec<&Speaker> {
        let own = clips.iter().zip(folds).filter(|(_, fold)| wanted(**fold));
        own.map(|(clip, _)| &clip.speaker).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (group, untested) = (of(&|fold| fold == other), of(&|fold| fold != id.fold).len());
    let first = (id.run.seed / (count - 1)) as usize * VALIDATION_SPEAKERS;
    let chosen = (0..VALIDATION_SPEAKERS.min(group.len()).min(untested / 2))
        .map(|place| group[(first + place) % group.len()].clone());
    chosen.collect()
}

/// The speakers with the most clips first, each to the fold that has the fewest of that speaker's emotions; which of equals
/// comes first is random.
fn by_speaker(clips: &[Clip], dealing: Dealing) -> Result<Vec<u32>, TrainError> {
    let mut counts: BTreeMap<&Speaker, [usize; Emotion::ALL.len()]> = BTreeMap::new();
    for clip in clips {
        counts.entry(&clip.speaker).or_default()[clip.emotion.index()] += 1;
    }
    check_folds(dealing.folds, counts.len())?;
    let mut speakers: Vec<_> = counts.into_iter().collect();
    Random::new(u64::from(dealing.seed), 0).shuffle(&mut speakers);
    speakers.sort_by_key(|(_, own)| std::cmp::Reverse(own.iter().sum::<usize>()));
    let mut held = vec![[0; Emotion::ALL.len()]; dealing.folds as usize];
    let mut fold_of: BTreeMap<&Speaker, u32> = BTreeMap::new();
    for (speaker, own) in speakers {
        let alike = |fold: &[usize]| fold.iter().zip(&own).map(|(fold, own)| fold * own).sum::<usize>();
        let cost = |fold: &usize| (alike(&held[*fold]), held[*fold].iter().sum::<usize>());
        let fold = (0..held.len()).min_by_key(cost).unwrap_or(0);
        held[fold].iter_mut().zip(&own).for_each(|(fold, own)| *fold += own);
        fold_of.insert(speaker, fold as u32);
    }
    Ok(clips.iter().map(|clip| fold_of[&clip.speaker]).collect())
}

fn check_folds(folds: u32, speakers: usize) -> Result<(), TrainError> {
    let refuse = |mistake| Err(TrainError::Split { mistakes: vec![mistake] });
    match folds as usize {
        0 | 1 => refuse(format!("{folds} folds leave nobody to learn from: at least 2 are needed")),
        folds if folds > speakers => {
            refuse(format!("{speakers} speakers cannot be dealt out to {folds} folds: ask for fewer folds"))
        }
        _ => Ok(()),
    }
}

/// A fifth of each emotion's recordings, drawn by the seed; copies of a file count as one.
fn at_random(clips: &[Clip], seed: u32) -> Result<Vec<u32>, TrainError> {
    let first = first_copies(clips)?;
    let mut by_emotion: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in (0..clips.len()).filter(|&index| first[index] == index) {
        by_emotion.entry(clips[index].emotion.index()).or_default().push(index);
    }
    let mut random = Random::new(u64::from(seed), 0);
    let mut folds = vec![LEARNT; clips.len()];
    for recordings in by_emotion.values_mut() {
        random.shuffle(recordings);
        let share = (recordings.len() + RANDOM_SHARE / 2) / RANDOM_SHARE;
        recordings[..share].iter().for_each(|&index| folds[index] = TESTED);
    }
    if !folds.contains(&TESTED) {
        let mistake = "no emotion has three recordings, of which one could be tested".to_owned();
        return Err(TrainError::Split { mistakes: vec![mistake] });
    }
    Ok(first.into_iter().map(|index| folds[index]).collect())
}

/// For each clip the first one whose file is the same, byte for byte; often the clip itself.
fn first_copies(clips: &[Clip]) -> Result<Vec<usize>, TrainError> {
    let mut known = HashMap::new();
    let first = |(index, clip): (usize, &Clip)| {
        let bytes = fs::read(&clip.path).map_err(TrainError::file("read", &clip.path))?;
        Ok(*known.entry(Checksum::of(&bytes).to_string()).or_insert(index))
    };
    clips.iter().enumerate().map(first).collect()
}

/// Names that the files of evidence cannot hold. Said before anything is trained.
fn unwritable(clips: &[Clip]) -> Vec<String> {
    let foreign = |character: char| matches!(character, ',' | '"') || character.is_control();
    let mut mistakes: Vec<String> = names(clips)
        .into_iter()
        .filter(|name| name.contains(foreign))
        .map(|name| format!("the clip {name:?} needs a name without commas and quotes"))
        .collect();
    let mut speakers: Vec<&str> = clips.iter().map(|clip| clip.speaker.name()).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let wrong =
        speakers.into_iter().filter(|name| name.contains(foreign) || name.contains(char::is_whitespace));
    mistakes.extend(
        wrong.map(|name| format!("the speaker {name:?} needs a name without commas, quotes and blanks")),
    );
    mistakes
}
