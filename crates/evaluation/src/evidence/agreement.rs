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
    /// speaker whom a speaker-independent protocol asks about.
    pub(super) fn broken_by_fold(&self) -> Option<(usize, String)> {
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

    /// The first of these interim answers about a clip that the predictions do not have, or have otherwise.
    pub(super) fn broken_by_interim(&self, interim: &[InterimPrediction]) -> Option<(usize, String)> {
        self.broken_by(interim.iter().map(|interim| &interim.prediction))
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
