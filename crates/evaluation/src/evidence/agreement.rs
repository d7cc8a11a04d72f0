//! Whether the files of a run tell the same story.

use super::files::Run;
use super::interim::InterimPrediction;
use super::prediction::Prediction;
use super::run::Protocol;
use super::variant::Variant;
use std::collections::{BTreeMap, BTreeSet};

/// The predictions of a run, against which its other files are held.
pub(super) struct Agreement<'a> {
    run: &'a Run,
    clips: BTreeMap<&'a str, &'a Prediction>,
}

impl<'a> Agreement<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        let clips = run.predictions.iter().map(|prediction| (prediction.clip.as_str(), prediction)).collect();
        Self { run, clips }
    }

    /// The first fold whose facts count other test clips than there are, or whose thresholds were set by a
    /// speaker whom a speaker-independent protocol asks about. Where there are facts, every fold has some.
    pub(super) fn broken_by_fold(&self) -> Option<(usize, String)> {
        let told: BTreeSet<u32> = self.run.folds.iter().map(|facts| facts.fold).collect();
        let silent = self.run.predictions.iter().find(|own| !told.contains(&own.fold));
        let missing = silent.filter(|_| !told.is_empty()).map(|own| {
            (
                self.run.folds.len() - 1,
                format!("nothing is told of fold {}, which the predictions have", own.fold),
            )
        });
        self.wrong_fold().or(missing)
    }

    fn wrong_fold(&self) -> Option<(usize, String)> {
        self.run.folds.iter().enumerate().find_map(|(row, facts)| {
            let asked: Vec<_> = self.run.predictions.iter().filter(|own| own.fold == facts.fold).collect();
            if asked.len() != facts.test_clips as usize {
                let (told, found) = (facts.test_clips, asked.len());
                return Some((row, format!("test_clips is {told}, the predictions have {found}")));
            }
            let speakers: BTreeSet<&str> = asked.iter().map(|own| own.speaker.as_str()).collect();
            let shared = facts.validation_speakers.iter().find(|name| speakers.contains(name.as_str()));
            let shared = shared.filter(|_| self.run.id.protocol == Protocol::Speaker5)?;
            Some((row, format!("speaker {shared} is among the validation and the test speakers")))
        })
    }

    /// The first of these interim answers about a clip that the predictions do not have, or have otherwise. Where there are
    /// some, every clip has one that `whole` has an answer to, which is about the same recordings.
    pub(super) fn broken_by_interim(
        &self,
        interim: &[InterimPrediction],
        whole: &[Prediction],
    ) -> Option<(usize, String)> {
        let asked: BTreeSet<&str> = interim.iter().map(|own| own.prediction.clip.as_str()).collect();
        let answered = whole.iter().filter(|own| own.answer.is_some());
        let silent = answered.map(|own| own.clip.as_str()).find(|clip| !asked.contains(clip));
        let missing = silent.filter(|_| !asked.is_empty());
        let missing = missing.map(|clip| (interim.len() - 1, format!("nothing is told of clip {clip}")));
        self.broken_by(interim.iter().map(|interim| &interim.prediction)).or(missing)
    }

    /// The last epoch of a fold that has another number of epochs than its facts tell.
    pub(super) fn broken_by_curve(&self) -> Option<(usize, String)> {
        let curve = &self.run.curve;
        let epochs = |fold: u32| curve.iter().filter(|epoch| epoch.fold == fold).count();
        let counted = self.run.folds.iter().map(|facts| (facts.fold, facts.epochs, epochs(facts.fold)));
        let mut wrong = counted.filter(|(_, told, found)| *told as usize != *found);
        let (fold, told, found) = wrong.next().filter(|_| !curve.is_empty())?;
        let row = curve.iter().rposition(|epoch| epoch.fold == fold).unwrap_or(curve.len() - 1);
        Some((row, format!("fold {fold} was trained for {told} epochs, and has {found} here")))
    }

    /// The first answer of `variant` about such a clip. Where there are some, every clip has one: figures over some of the
    /// clips could not be compared.
    pub(super) fn broken_by_variant(&self, variant: &Variant) -> Option<(usize, String)> {
        let (found, all) = (variant.whole.len(), self.clips.len());
        let missing =
            || (found > 0 && found < all).then(|| (found - 1, format!("only {found} of {all} clips")));
        self.broken_by(variant.whole.iter()).or_else(missing)
    }

    fn broken_by<'p>(&self, rows: impl Iterator<Item = &'p Prediction>) -> Option<(usize, String)> {
        rows.enumerate().find_map(|(row, own)| match self.clips.get(own.clip.as_str()) {
            None => Some((row, format!("clip {} is not among the predictions", own.clip))),
            Some(whole) if !whole.same_clip(own) => {
                Some((row, format!("clip {} has another speaker, fold or truth", own.clip)))
            }
            Some(_) => None,
        })
    }
}
