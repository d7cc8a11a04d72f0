//! One way of a batch through a network.

use crate::{Parameters, Random};

/// What a pass is for.
#[derive(Debug, Clone)]
pub(crate) enum Phase {
    /// Running statistics, no dropout.
    Inference,
    /// This batch's statistics, dropout drawn from the generator.
    Training(Random),
}

/// The parameters that a forward pass reads, and the statistics that it measures.
#[derive(Debug)]
pub(crate) struct Pass<'p> {
    pub(crate) parameters: &'p Parameters,
    phase: Phase,
    statistics: Vec<(String, Vec<f32>)>,
}

impl<'p> Pass<'p> {
    pub(crate) fn new(parameters: &'p Parameters, phase: Phase) -> Self {
        Self { parameters, phase, statistics: Vec::new() }
    }

    /// Whether layers use this batch's statistics.
    pub(super) fn learns(&self) -> bool {
        matches!(self.phase, Phase::Training(_))
    }

    /// The values of the parameter `part` of `layer`.
    pub(super) fn parameter(&self, layer: &str, part: &str) -> &'p [f32] {
        &self.parameters.get(&format!("{layer}.{part}")).values
    }

    /// Notes a measured statistic for the running one.
    pub(super) fn note_statistic(&mut self, layer: &str, part: &str, values: Vec<f32>) {
        self.statistics.push((format!("{layer}.{part}"), values));
    }

    /// What each of `count` values is multiplied by: 0 with `probability`, else what keeps the mean (Srivastava
    /// et al. 2014). `None` in inference.
    pub(super) fn dropout(&mut self, count: usize, probability: f32) -> Option<Vec<f32>> {
        let Phase::Training(random) = &mut self.phase else { return None };
        let kept = 1.0 / (1.0 - probability);
        Some((0..count).map(|_| if random.chance(probability) { 0.0 } else { kept }).collect())
    }

    /// Measured statistics by name.
    pub(crate) fn into_statistics(self) -> Vec<(String, Vec<f32>)> {
        self.statistics
    }
}
