//! What finished networks say about real clips, by the trainer's own forward pass: a bundle's graphs can be held to it on
//! any machine that has the clips.

use crate::dataset::Playing;
use crate::recipe::Side;
use crate::{Ensemble, TrainError, Trained};
use std::fmt::Write;
use undertone_core::FramesView;

const HEADER: &str = "clip,graph,frames,logits";
/// A causal network is asked after so many parts of the utterance, of as many.
const STOPS: usize = 3;

/// What a network says about the first frames of a clip's first utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The clip's name.
    pub clip: String,
    /// Which network.
    pub graph: Side,
    /// So many frames from the utterance's beginning.
    pub frames: usize,
    /// One per label.
    pub logits: Vec<f32>,
}

/// Asks both networks of `trained` about `clips` clips, spread evenly over all that hold speech.
pub fn samples(trained: &Trained, clips: usize) -> Result<Vec<Sample>, TrainError> {
    let material = &trained.material;
    let mut first: Vec<(usize, FramesView<'_>)> = Vec::new();
    for utterance in
        material.prepared.utterances.iter().filter(|utterance| utterance.playing == Playing::AS_RECORDED)
    {
        if first.last().is_none_or(|&(clip, _)| clip != utterance.clip) {
            first.push((utterance.clip, utterance.view()));
        }
    }
    let count = clips.min(first.len());
    let chosen = (0..count).map(|index| first[index * first.len() / count]);
    let whole = trained.ensemble();
    let stream = trained.stream.as_ref().map(|run| run.averaged());
    let mut samples = Vec::new();
    for (clip, view) in chosen {
        let name = material.clips[clip].name();
        let mut ask = |graph, networks: &Ensemble, frames: usize| {
            let logits = networks.logits(&[part(view, frames)])?.swap_remove(0);
            samples.push(Sample { clip: name.clone(), graph, frames, logits });
            Ok::<(), TrainError>(())
        };
        ask(Side::Whole, &whole, view.len())?;
        if let Some(network) = &stream {
            let networks = Ensemble::from(network.clone());
            for frames in stops(view.len(), network.frames_per_step()) {
                ask(Side::Stream, &networks, frames)?;
            }
        }
    }
    Ok(samples)
}

/// The first `frames` frames.
fn part(view: FramesView<'_>, frames: usize) -> FramesView<'_> {
    FramesView { dim: view.dim, values: &view.values[..frames * view.dim] }
}

/// Where a causal network of `step` frames per step is asked, in an utterance of `length`.
fn stops(length: usize, step: usize) -> Vec<usize> {
    let mut stops: Vec<usize> = (1..=STOPS).map(|part| length * part / STOPS / step * step).collect();
    stops.retain(|&stop| stop >= crate::MIN_FRAMES);
    stops.dedup();
    stops
}

/// As comma-separated values, logits with a space between them.
pub fn to_csv(samples: &[Sample]) -> String {
    let mut text = format!("{HEADER}\n");
    for Sample { clip, graph, frames, logits } in samples {
        let logits: Vec<String> = logits.iter().map(f32::to_string).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{clip},{},{frames},{}", graph.name(), logits.join(" "));
    }
    text
}

/// From the values that [`to_csv`] wrote.
///
/// # Errors
/// When a line is not one of them; it is repeated.
pub fn from_csv(text: &str) -> Result<Vec<Sample>, String> {
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(format!("the first line is not {HEADER:?}"));
    }
    lines.map(|line| sample(line).ok_or_else(|| format!("{line:?} is not a sample"))).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let mut fields = line.split(',');
    let clip = fields.next()?.to_owned();
    let name = fields.next()?;
    let graph = [Side::Whole, Side::Stream].into_iter().find(|side| side.name() == name)?;
    let frames = fields.next()?.parse().ok()?;
    let logits: Result<Vec<f32>, _> = fields.next()?.split(' ').map(str::parse).collect();
    fields.next().is_none().then_some(Sample { clip, graph, frames, logits: logits.ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_as_they_were_written() {
        let sample =
            |graph, frames| Sample { clip: "a-1".into(), graph, frames, logits: vec![-0.125, 3.1e-7] };
        let samples = vec![sample(Side::Whole, 90), sample(Side::Stream, 30)];
        assert_eq!(from_csv(&to_csv(&samples)), Ok(samples));
        for wrong in [
            "",
            "clip,graph\n",
            "clip,graph,frames,logits\na,whole,x,1\n",
            "clip,graph,frames,logits\na,b,1,1\n",
        ] {
            assert!(from_csv(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_causal_network_is_asked_at_whole_steps_only() {
        assert_eq!(stops(100, 4), [32, 64, 100]);
        assert!(stops(3, 4).is_empty());
    }
}
