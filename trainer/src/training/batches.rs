//! Which utterances are learnt from together.

use super::augmentation::{Changed, mix};
use super::objective::smoothed;
use super::plan::Plan;
use crate::Random;
use crate::network::Batch;
use undertone_core::FramesView;

const MIXUP_SHAPE: f32 = 0.3;

/// A labelled clip with all its utterances at all speeds; at least one.
#[derive(Debug, Clone)]
pub struct Example<'a> {
    /// The clip's utterances; each epoch hears one of them.
    pub utterances: Vec<FramesView<'a>>,
    /// Index of its label.
    pub label: usize,
}

/// One step's input.
#[derive(Debug)]
pub(super) struct Lesson {
    pub(super) batch: Batch,
    /// Label shares `[batch, label]`.
    pub(super) shares: Vec<f32>,
    /// Each utterance's own label.
    pub(super) labels: Vec<usize>,
}

/// The order of the clips in one epoch, cut into steps. A last step of a single clip is left out: it has no
/// batch statistics worth the name.
pub(super) fn order(clips: usize, batch: usize, random: &mut Random) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..clips).collect();
    random.shuffle(&mut order);
    order.chunks(batch).filter(|step| step.len() > 1 || clips == 1).map(<[usize]>::to_vec).collect()
}

/// Number of steps that [`order`] gives.
pub(super) fn steps_per_epoch(clips: usize, batch: usize) -> usize {
    order(clips, batch, &mut Random::new(0, 0)).len()
}

/// Hears one utterance of each clip of `step`, changed and mixed.
pub(super) fn lesson(
    examples: &[Example<'_>],
    step: &[usize],
    labels: usize,
    plan: &Plan,
    random: &mut Random,
) -> Lesson {
    let own: Vec<usize> = step.iter().map(|&index| examples[index].label).collect();
    let dim = examples[step[0]].utterances[0].dim;
    let hear = |&index: &usize| {
        let utterances = &examples[index].utterances;
        let view = utterances[random.below(utterances.len())];
        let shares = smoothed(examples[index].label, labels, plan.augmentation.label_smoothing);
        Changed { values: plan.augmentation.change(view, random), shares }
    };
    let heard: Vec<Changed> = step.iter().map(hear).collect();
    let mixed = mixed(&heard, plan, random);
    let views: Vec<_> = mixed.iter().map(|changed| FramesView { dim, values: &changed.values }).collect();
    let shares = mixed.iter().flat_map(|changed| changed.shares.iter().copied()).collect();
    Lesson { batch: Batch::new(&views), shares, labels: own }
}

/// An utterance keeps the larger share, so it keeps its own label.
fn mixed(heard: &[Changed], plan: &Plan, random: &mut Random) -> Vec<Changed> {
    let mut mixed = heard.to_vec();
    for changed in &mut mixed {
        if random.chance(plan.augmentation.mixup) {
            let share = random.symmetric_beta(MIXUP_SHAPE);
            mix(changed, &heard[random.below(heard.len())], share.max(1.0 - share));
        }
    }
    mixed
}
