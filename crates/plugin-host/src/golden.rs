//! The check that a model computes what was trained: its golden frames give its golden logits.

use crate::HostError;
use crate::model::Plugins;
use crate::scorers::Scorers;
use undertone_bundle::{Bundle, Golden};
use undertone_core::{Advance, FramesView, PluginError, Streaming};

/// Runs the bundle's graphs once on its golden frames, when it has any, and compares the logits.
pub(crate) fn check(bundle: &Bundle, plugins: &Plugins) -> Result<(), HostError> {
    let (Some(golden), Some(values)) = (&bundle.manifest().golden, bundle.read_golden_frames()?) else {
        return Ok(());
    };
    let scorers = &plugins.scorers;
    let frames = FramesView { dim: scorers.dim(), values: &values };
    let compare = |graph, expected: &[f32], logits: &[f32]| {
        compare(bundle, golden, scorers.plugin(), (graph, expected, logits))
    };
    let mut scored = Vec::new();
    scorers.classifier()?.classify(&[frames], &mut scored)?;
    let logits = scored.pop().expect("a classifier answers about every item")?;
    compare("whole", &golden.logits, &logits)?;
    if let (Some(stream), Some(expected)) = (scorers.streaming(), &golden.stream_logits) {
        let logits = in_pieces(scorers, stream, frames)?;
        compare("stream", expected, &logits)?;
    }
    Ok(())
}

/// The logits behind `frames` when they go in by one step, then two, then three, and so on.
fn in_pieces(
    scorers: &Scorers,
    streaming: Streaming,
    frames: FramesView<'_>,
) -> Result<Vec<f32>, PluginError> {
    let step = streaming.step_frames * frames.dim;
    let mut classifier = scorers.stream_classifier()?;
    let mut state = vec![0.0; streaming.state_values];
    let (mut rest, mut steps) = (frames.values, 1);
    let mut scored = Vec::new();
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(rest.len().min(steps * step));
        let frames = FramesView { dim: frames.dim, values: piece };
        classifier.advance(&mut [Advance { frames, state: &mut state }], &mut scored)?;
        (rest, steps) = (later, steps + 1);
    }
    scored.pop().expect("a classifier answers about every item")
}

/// Names the label that is furthest off, when it is too far. The manifest and the classifier agree on the number of
/// labels: that was checked before.
fn compare(
    bundle: &Bundle,
    golden: &Golden,
    plugin: &str,
    (graph, expected, logits): (&'static str, &[f32], &[f32]),
) -> Result<(), HostError> {
    let difference = |&label: &usize| (expected[label] - logits[label]).abs();
    let furthest = (0..logits.len()).max_by(|a, b| difference(a).total_cmp(&difference(b)));
    match furthest.filter(|label| difference(label) > golden.tolerance) {
        None => Ok(()),
        Some(label) => Err(HostError::Golden {
            dir: bundle.dir().to_owned(),
            plugin: plugin.to_owned(),
            graph,
            label: bundle.manifest().labels[label].clone(),
            expected: expected[label],
            found: logits[label],
            tolerance: golden.tolerance,
        }),
    }
}
