//! Which utterances are learnt from together.

use super::augmentation::{Changed, mix};
use super::objective::smoothed;
use super::plan::Plan;
use crate::network::{Batch, Context};
use crate::{MIN_FRAMES, Network, Random};
use undertone_core::FramesView;

const MIXUP_SHAPE: f32 = 0.3;
/// A causal network answers at so many random places of an utterance, besides its end.
const EARLY_ANSWERS: usize = 2;

/// A labelled clip with all its utterances, played in all ways; at least one.
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
    /// Label shares of every answer: `[answer, label]`.
    pub(super) shares: Vec<f32>,
    /// The label of every answer.
    pub(super) labels: Vec<usize>,
}

/// What lessons are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct School<'a> {
    pub(super) examples: &'a [Example<'a>],
    pub(super) plan: &'a Plan,
    /// Says how frames are normalised and whether there are early answers; its learnt values are not read.
    pub(super) network: &'a Network,
}

/// The order of the clips in one epoch, cut into steps. A last step of a single clip is left out: it has no
/// batch statistics worth the name.
pub(super) fn order(clips: usize, batch: usize, random: &mut Random) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..clips).collect();
    random.shuffle(&mut order);
    order.chunks(batch).filter(|step| step.len() > 1 || clips == 1).map(<[usize]>::to_vec).collect()
}

impl School<'_> {
    /// Hears one utterance of each clip of `step`, changed and mixed.
    pub(super) fn lesson(&self, step: &[usize], random: &mut Random) -> Lesson {
        let labels = self.network.interface().labels;
        let hear = |&index: &usize| {
            let Example { utterances, label } = &self.examples[index];
            let view = utterances[random.below(utterances.len())];
            let values = self.plan.augmentation.change(view, self.network, random);
            Changed { values, shares: smoothed(*label, labels, self.plan.augmentation.label_smoothing) }
        };
        let heard: Vec<Changed> = step.iter().map(hear).collect();
        let mixed = self.mixed(&heard, random);
        let utterances: Vec<Vec<f32>> = mixed.iter().map(|changed| changed.values.clone()).collect();
        let mut batch = Batch::whole(&utterances, self.network.interface().dim);
        if self.network.architecture().context == Context::Causal {
            batch.prefixes.iter_mut().for_each(|prefixes| add_early_answers(prefixes, random));
        }
        let (mut shares, mut own) = (Vec::new(), Vec::new());
        for ((changed, prefixes), &index) in mixed.iter().zip(&batch.prefixes).zip(step) {
            for _ in prefixes {
                shares.extend_from_slice(&changed.shares);
                own.push(self.examples[index].label);
            }
        }
        Lesson { batch, shares, labels: own }
    }

    /// An utterance keeps the larger share, so it keeps its own label.
    fn mixed(&self, heard: &[Changed], random: &mut Random) -> Vec<Changed> {
        let mut mixed = heard.to_vec();
        for changed in &mut mixed {
            if random.chance(self.plan.augmentation.mixup) {
                let share = random.symmetric_beta(MIXUP_SHAPE);
                mix(changed, &heard[random.below(heard.len())], share.max(1.0 - share));
            }
        }
        mixed
    }
}

fn add_early_answers(prefixes: &mut Vec<usize>, random: &mut Random) {
    let frames = prefixes.iter().copied().max().unwrap_or(0);
    let room = frames.saturating_sub(MIN_FRAMES);
    prefixes.extend((0..EARLY_ANSWERS).map(|_| (MIN_FRAMES + random.below(room + 1)).min(frames)));
}
