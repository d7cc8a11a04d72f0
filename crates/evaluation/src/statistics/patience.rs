//! How soon an answer is good.

use super::counts::Counts;
use crate::evidence::{Heard, Judged, Run, RunId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The causal network after a part of each clip's speech.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeardFigures {
    /// Seconds of speech heard, or `end`.
    pub heard: String,
    /// Number of clips that were asked about at this point.
    pub clips: usize,
    /// Share of them named right.
    pub accuracy: f64,
    /// Mean of the recalls of the emotions that occur.
    pub uar: f64,
    /// The average recall in parts of what the network with full context reaches on the whole clips.
    pub uar_ratio: Option<f64>,
}

impl HeardFigures {
    /// One per amount of speech, over the interim answers of all `runs`. The network with full context is
    /// measured on all clips about which there is an interim answer.
    pub fn of(runs: &[&Run]) -> Vec<Self> {
        let mut answers: BTreeMap<Heard, Vec<Judged>> = BTreeMap::new();
        let mut clips: BTreeSet<(RunId, &str)> = BTreeSet::new();
        for run in runs {
            for interim in &run.interim {
                answers.entry(interim.heard).or_default().push(interim.prediction.judged());
                clips.insert((run.id, &interim.prediction.clip));
            }
        }
        let whole = whole_uar(runs, &clips);
        answers.into_iter().map(|(heard, judged)| measured(heard, &judged, whole)).collect()
    }
}

fn measured(heard: Heard, judged: &[Judged], whole: f64) -> HeardFigures {
    let counts = Counts::of(judged);
    HeardFigures {
        heard: heard.to_string(),
        clips: counts.clips(),
        accuracy: counts.accuracy(),
        uar: counts.uar(),
        uar_ratio: (whole > 0.0).then(|| counts.uar() / whole),
    }
}

fn whole_uar(runs: &[&Run], clips: &BTreeSet<(RunId, &str)>) -> f64 {
    let predictions = runs.iter().flat_map(|run| run.predictions.iter().map(|own| (run.id, own)));
    let asked = predictions.filter(|(id, own)| clips.contains(&(*id, own.clip.as_str())));
    let judged: Vec<Judged> = asked.map(|(_, own)| own.judged()).collect();
    Counts::of(&judged).uar()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{InterimPrediction, Protocol};
    use crate::statistics::example::said;

    #[test]
    fn the_ratio_is_taken_on_the_clips_that_were_asked_about() {
        let mut run = Run::new(RunId { protocol: Protocol::Speaker5, seed: 1 });
        run.predictions = vec![said("a", true), said("b", true), said("c", false)];
        let heard = Heard::Milliseconds(500);
        run.interim = vec![
            InterimPrediction { heard: Heard::End, prediction: said("a", true) },
            InterimPrediction { heard, prediction: said("a", true) },
            InterimPrediction { heard, prediction: said("b", false) },
        ];
        let figures = HeardFigures::of(&[&run]);
        let told: Vec<_> = figures.iter().map(|own| (own.heard.as_str(), own.clips, own.uar_ratio)).collect();
        assert_eq!(told, [("0.5", 2, Some(0.5)), ("end", 1, Some(1.0))]);
    }
}
