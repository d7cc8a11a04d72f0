//! The check that a model computes what was trained: its golden frames give its golden logits.

use crate::HostError;
use crate::classifier_kind::ClassifierKind;
use std::sync::Arc;
use undertone_bundle::{Bundle, Golden};
use undertone_core::{Classifier, FramesView};

/// Runs the bundle's graph once on its golden frames, when it has any, and compares the logits.
pub(crate) fn check(bundle: &Bundle, kind: &Arc<ClassifierKind>) -> Result<(), HostError> {
    let (Some(golden), Some(frames)) = (&bundle.manifest().golden, bundle.read_golden_frames()?) else {
        return Ok(());
    };
    let mut scored = Vec::new();
    kind.classifier()?.classify(&[FramesView { dim: kind.dim, values: &frames }], &mut scored)?;
    let logits = scored.pop().expect("a classifier answers about every item")?;
    compare(bundle, golden, kind.plugin.name(), &logits)
}

/// Names the label that is furthest off, when it is too far. The manifest and the classifier agree on the number of
/// labels: that was checked before.
fn compare(bundle: &Bundle, golden: &Golden, plugin: &str, logits: &[f32]) -> Result<(), HostError> {
    let difference = |&label: &usize| (golden.logits[label] - logits[label]).abs();
    let furthest = (0..logits.len()).max_by(|a, b| difference(a).total_cmp(&difference(b)));
    match furthest.filter(|label| difference(label) > golden.tolerance) {
        None => Ok(()),
        Some(label) => Err(HostError::Golden {
            dir: bundle.dir().to_owned(),
            plugin: plugin.to_owned(),
            label: bundle.manifest().labels[label].clone(),
            expected: golden.logits[label],
            found: logits[label],
            tolerance: golden.tolerance,
        }),
    }
}
