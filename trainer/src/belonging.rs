//! Whether evidence is about the clips at hand.

use crate::TrainError;
use crate::dataset::{Clip, Part, names};
use crate::protocol::FoldId;
use std::collections::{BTreeMap, BTreeSet};
use undertone_core::Emotion;
use undertone_evaluation::{Evidence, Prediction, Protocol, Run};

/// The clips of a data set, by what they are called in evidence.
#[derive(Debug)]
pub struct Roll<'c> {
    clips: &'c [Clip],
    names: Vec<String>,
    by_name: BTreeMap<String, (String, Emotion)>,
}

impl<'c> Roll<'c> {
    /// The roll of `clips`.
    pub fn of(clips: &'c [Clip]) -> Self {
        let names = names(clips);
        let described = |clip: &Clip| (clip.speaker.name().to_owned(), clip.emotion);
        let by_name = names.iter().cloned().zip(clips.iter().map(described)).collect();
        Self { clips, names, by_name }
    }

    /// Refuses `evidence` of a data set unless it asks about clips of this one only and, by speakers, about all of them.
    pub fn check_whole(&self, evidence: &Evidence) -> Result<(), TrainError> {
        for run in evidence.runs() {
            self.check(&run.id.to_string(), &run.predictions)?;
            let asked: BTreeSet<&String> = run.predictions.iter().map(|own| &own.clip).collect();
            let missing: Vec<&String> = self.names.iter().filter(|name| !asked.contains(name)).collect();
            if let ([first, ..], Protocol::Speaker5) = (missing.as_slice(), run.id.protocol) {
                let (run, count) = (run.id, missing.len());
                return Err(TrainError::Unrelated(format!(
                    "{run} of the evidence says nothing of {count} clips of the data, for instance {first}"
                )));
            }
        }
        Ok(())
    }

    /// Refuses a run that is to stand beside one of these `folds`: it must be about these clips, and clips that are held out by
    /// speaker must be in the same folds.
    pub fn check_beside(&self, run: &Run, folds: &[FoldId]) -> Result<(), TrainError> {
        let place = format!("{} of the evidence", run.id);
        self.check(&place, &run.predictions)?;
        if run.id.protocol != Protocol::Speaker5 {
            return Ok(());
        }
        for id in folds.iter().filter(|id| id.run.protocol == Protocol::Speaker5) {
            let own = self.tested(*id)?;
            let of_fold = run.predictions.iter().filter(|prediction| prediction.fold == id.fold);
            if let Some(other) = of_fold.map(|prediction| &prediction.clip).find(|clip| !own.contains(clip)) {
                return Err(TrainError::Unrelated(format!(
                    "{place} has {other} in fold {}, and this cross-validation has it in another one: seeds with other folds \
                     belong into a folder of their own",
                    id.fold
                )));
            }
        }
        Ok(())
    }

    /// Refuses the predictions of a finished fold unless they are about the clips that the fold tests.
    pub fn check_fold(&self, id: FoldId, predictions: &[Prediction]) -> Result<(), TrainError> {
        let place = format!("the finished fold {}", id.folder());
        self.check(&place, predictions)?;
        let found: BTreeSet<&String> = predictions.iter().map(|own| &own.clip).collect();
        match found == self.tested(id)? {
            true => Ok(()),
            false => Err(TrainError::Unrelated(format!(
                "{place} asked about other clips than the data have for it"
            ))),
        }
    }

    /// Refuses a prediction about a clip that is not here, or that has another speaker or label here.
    fn check(&self, place: &str, predictions: &[Prediction]) -> Result<(), TrainError> {
        let wrong = |own: &Prediction| match self.by_name.get(&own.clip) {
            None => Some("is not among the clips of the data".to_owned()),
            Some((speaker, emotion)) if *speaker != own.speaker || *emotion != own.truth => Some(format!(
                "is {} of speaker {} there, in the data {emotion} of {speaker}",
                own.truth, own.speaker
            )),
            Some(_) => None,
        };
        match predictions.iter().find_map(|own| Some((&own.clip, wrong(own)?))) {
            None => Ok(()),
            Some((clip, what)) => {
                Err(TrainError::Unrelated(format!("{place} is about other clips: {clip} {what}")))
            }
        }
    }

    fn tested(&self, id: FoldId) -> Result<BTreeSet<&String>, TrainError> {
        let tested = id.split(self.clips)?.clips(Part::Test);
        Ok(tested.into_iter().map(|index| &self.names[index]).collect())
    }
}
