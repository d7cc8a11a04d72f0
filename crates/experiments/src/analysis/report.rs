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
    /// The arms that listen along against the control, on audio that both answered.
    pub paired: Vec<Paired>,
    /// p-value, at every look, of as many subjects per arm as the weights say.
    pub ratio_p_value: f64,
    /// Whether that is below [`RATIO_ALARM`].
    pub ratio_mismatch: bool,
    /// Subjects with answers of more than one live arm: changed weights moved them, and the figures take
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
        let shared = plan.sequence.shared(plan.comparisons());
        let paired = |arm| Paired::of(observations, plan.control, arm, &shared);
        let paired = plan.listeners().into_iter().map(paired).collect();
        let (differences, paired) = adjusted(differences(observations, plan), paired);
        Ok(Self {
            arms: arms.map(|arm| ArmFigures::of(observations, arm, plan, &metrics)).collect(),
            differences,
            paired,
            ratio_p_value,
            ratio_mismatch: ratio_p_value < RATIO_ALARM,
            crossed: observations.crossed(&live),
            forced: observations.forced(),
        })
    }
}

fn differences(observations: &Observations, plan: &Plan) -> Vec<Difference> {
    plan.rivals().into_iter().map(|arm| Difference::of(observations, arm, plan)).collect()
}

/// With the p-values of all comparisons, live and paired, adjusted for being as many.
fn adjusted(mut differences: Vec<Difference>, mut paired: Vec<Paired>) -> (Vec<Difference>, Vec<Paired>) {
    let first = |own: &Difference| own.changes.first().and_then(|change| change.p_value);
    let p_values = differences.iter().map(first).chain(paired.iter().map(|own| own.p_value));
    let p_values: Vec<Option<f64>> = p_values.collect();
    let holm = holm(&p_values.iter().map(|own| own.unwrap_or(1.0)).collect::<Vec<f64>>());
    let told = p_values.iter().zip(holm).map(|(own, adjusted)| own.map(|_| adjusted));
    let places = differences.iter_mut().map(|own| &mut own.adjusted_p_value);
    let places = places.chain(paired.iter_mut().map(|own| &mut own.adjusted_p_value));
    places.zip(told).for_each(|(place, told)| *place = told);
    (differences, paired)
}
