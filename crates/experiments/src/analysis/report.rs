//! Everything that an experiment's observations say.

use super::arm_figures::ArmFigures;
use super::difference::Difference;
use super::holm::holm;
use super::mismatch::RatioCheck;
use super::pairs::Paired;
use super::plan::Plan;
use crate::ExperimentError;
use crate::assignment::ArmIndex;
use crate::definition::Metric;
use crate::observation::Observations;

/// A mismatch of numbers below this p-value makes everything else suspect.
pub const RATIO_ALARM: f64 = 0.01;

/// Everything that an experiment's observations say. May be made anew whenever somebody looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Every arm.
    pub arms: Vec<ArmFigures>,
    /// The live arms against the control.
    pub differences: Vec<Difference>,
    /// The arms without a weight against the control, on audio that both answered.
    pub paired: Vec<Paired>,
    /// p-value, at every look, of as many subjects per arm as the weights say.
    pub ratio_p_value: f64,
    /// Whether that is below [`RATIO_ALARM`].
    pub ratio_mismatch: bool,
    /// Subjects with answers of more than one arm that has a weight: changed weights moved them, and the figures take
    /// them as different people.
    pub crossed: usize,
    /// Answers that were left out because somebody chose the arm.
    pub forced: usize,
}

impl Analysis {
    /// Looks at `observations` as `plan` says. Fails when the plan has no arm with a weight, or no control.
    pub fn of(observations: &Observations, plan: &Plan) -> Result<Self, ExperimentError> {
        if plan.control.0 >= plan.weights.len() {
            return Err(ExperimentError::UnknownArm { arm: plan.control.0.to_string() });
        }
        let ratio_p_value = RatioCheck::new(&plan.weights)?.p_value(&observations.units());
        let live: Vec<ArmIndex> = [plan.control].into_iter().chain(plan.rivals()).collect();
        let metrics: Vec<Metric> = plan.goals.iter().map(|goal| goal.metric).collect();
        let arms = (0..plan.weights.len()).map(ArmIndex);
        let paired = |arm| Paired::of(observations, plan.control, arm, &plan.sequence);
        Ok(Self {
            arms: arms.map(|arm| ArmFigures::of(observations, arm, plan, &metrics)).collect(),
            differences: differences(observations, plan),
            paired: plan.shadows().into_iter().map(paired).collect(),
            ratio_p_value,
            ratio_mismatch: ratio_p_value < RATIO_ALARM,
            crossed: observations.crossed(&live),
            forced: observations.forced(),
        })
    }
}

fn differences(observations: &Observations, plan: &Plan) -> Vec<Difference> {
    let rivals = plan.rivals();
    let difference = |arm: &ArmIndex| Difference::of(observations, *arm, plan, rivals.len());
    let mut differences: Vec<Difference> = rivals.iter().map(difference).collect();
    let first = |own: &Difference| own.changes.first().and_then(|change| change.p_value);
    let p_values: Vec<f64> = differences.iter().map(|own| first(own).unwrap_or(1.0)).collect();
    for (own, adjusted) in differences.iter_mut().zip(holm(&p_values)) {
        own.adjusted_p_value = first(own).map(|_| adjusted);
    }
    differences
}
