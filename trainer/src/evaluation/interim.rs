//! What the causal network says before it has heard everything.

use super::Trial;
use crate::network::{Batch, Pass, Phase};
use crate::{MIN_FRAMES, Network};
use undertone_core::{FramesView, Probabilities};
use undertone_evaluation::Heard;

/// After how many seconds of speech an answer is measured, besides the end.
pub const HEARD_SECONDS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 3.0];
const FRAMES_PER_SECOND: f64 = 100.0;
const MILLISECONDS: f64 = 1000.0;

/// Probabilities of `network` after each of [`HEARD_SECONDS`] of a clip's speech and at its end. An utterance that
/// ended earlier keeps its last answer until the next one begins. Empty for a clip without speech.
pub(super) fn interim(network: &Network, trial: &Trial<'_>, temperature: f32) -> Vec<(Heard, Vec<f32>)> {
    let mut moments: Vec<(Heard, usize)> = HEARD_SECONDS
        .iter()
        .map(|seconds| {
            let heard = Heard::Milliseconds((seconds * MILLISECONDS).round() as u32);
            (heard, (seconds * FRAMES_PER_SECOND).round() as usize)
        })
        .collect();
    moments.push((Heard::End, usize::MAX));
    let mut answers = Vec::new();
    for (heard, frames) in moments {
        if let Some(probabilities) = after(network, trial, frames, temperature) {
            answers.push((heard, probabilities));
        }
    }
    answers
}

/// The mean over the utterances heard so far, weighted by their frames: what a listener to all updates knows.
fn after(network: &Network, trial: &Trial<'_>, frames: usize, temperature: f32) -> Option<Vec<f32>> {
    let mut left = frames;
    let mut mean: Option<Vec<f32>> = None;
    let mut heard = 0.0;
    for utterance in &trial.utterances {
        let taken = left.min(utterance.len());
        if taken < MIN_FRAMES {
            break;
        }
        left -= taken;
        let probabilities = answer(network, *utterance, taken, temperature)?;
        let mean = mean.get_or_insert_with(|| vec![0.0; probabilities.len()]);
        let total = heard + taken as f32;
        for (mean, value) in mean.iter_mut().zip(probabilities) {
            *mean += (value - *mean) * taken as f32 / total;
        }
        heard = total;
    }
    mean
}

fn answer(network: &Network, utterance: FramesView<'_>, frames: usize, temperature: f32) -> Option<Vec<f32>> {
    let normalised = network.normalised(utterance.values);
    let mut batch = Batch::whole(&[normalised], utterance.dim);
    batch.prefixes = vec![vec![frames]];
    let mut pass = Pass::new(network.parameters(), Phase::Inference);
    let (logits, _) = network.forward(&mut pass, batch);
    Some(Probabilities::from_logits(&logits.values, temperature)?.values().to_vec())
}
