//! One worker's part of a plugin.

use crate::configuration::Configuration;
use crate::runner::{Inputs, Runner};
use crate::stepper::Stepper;
use undertone_plugin_sdk::{Call, ClassifierInstance, ClassifierLimits, Failure, Item, StreamItems};

/// One worker's part of a plugin that runs a graph.
#[derive(Debug)]
pub struct Scorer<R> {
    runner: R,
    stepper: Stepper,
    dim: usize,
    /// What the last utterance got.
    scores: Vec<f32>,
}

impl<R: Runner> Scorer<R> {
    /// Runs the graph that `configuration` names, which `runner` has made ready.
    pub fn new(runner: R, configuration: &Configuration) -> Self {
        let (stepper, dim) = (Stepper::new(configuration), configuration.dim as usize);
        Self { runner, stepper, dim, scores: Vec::new() }
    }

    fn score(&mut self, item: &mut Item) -> Result<(), R::Error> {
        let (inputs, scores) = (
            Inputs { batch: 1, time: item.frame_count(), frames: item.frames(), states: &[] },
            &mut self.scores,
        );
        scores.clear();
        self.runner.run(inputs, |outputs| scores.extend_from_slice(outputs.scores))?;
        item.set_scores(scores);
        Ok(())
    }
}

impl<R: Runner> ClassifierInstance for Scorer<R> {
    /// Engines also allocate when they run, and keep what they got.
    fn activate(&mut self, limits: ClassifierLimits) -> Result<(), Failure> {
        self.runner.prepare(limits.usual_batch).map_err(|why| Failure::failed(&why))
    }

    /// One run per item: sums over a batch are not rounded as those of one item are, and an item's scores
    /// must not depend on its neighbours.
    fn classify(&mut self, call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
        for item in items {
            if call.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            if item.dim() != self.dim || item.frame_count() == 0 {
                let (frames, dim, expected) = (item.frame_count(), item.dim(), self.dim);
                item.fail(&Failure::Refused(format!(
                    "it has {frames} frames of {dim} values; one or more frames of {expected} are possible"
                )));
            } else if let Err(why) = self.score(item) {
                item.fail(&Failure::failed(&why));
            }
        }
        Ok(())
    }

    fn advance(&mut self, call: Call<'_>, items: StreamItems<'_>) -> Result<(), Failure> {
        self.stepper.advance(&mut self.runner, call, items)
    }
}
