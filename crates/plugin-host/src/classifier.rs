//! A classifier plugin behind the port of core.

use crate::classifier_kind::ClassifierKind;
use crate::instance::ActiveInstance;
use crate::item_buffers::ItemBuffers;
use std::sync::Arc;
use undertone_core::{Classifier, FramesView, PluginError};

/// Scores utterances for one worker. An instance that failed is reported once and replaced by the next call.
#[derive(Debug)]
pub(crate) struct PluginClassifier {
    kind: Arc<ClassifierKind>,
    instance: Option<ActiveInstance>,
    buffers: ItemBuffers,
}

impl PluginClassifier {
    pub(crate) fn new(kind: Arc<ClassifierKind>) -> Result<Self, PluginError> {
        let instance = kind.instance().map_err(|failed| failed.error)?;
        Ok(Self { kind, instance: Some(instance), buffers: ItemBuffers::default() })
    }

    /// Scores the items that stand in the buffers.
    fn run(&mut self) -> Result<(), PluginError> {
        if self.buffers.is_empty() {
            return Ok(());
        }
        let (items, count) = self.buffers.items();
        let classify = self.kind.functions.classify;
        self.kind.call(&mut self.instance, "classify", |instance, call, error| {
            // SAFETY: the arguments are what the contract says; the items point at frames and buffers that
            // outlive the call.
            unsafe { classify(instance, call, items, count, error) }
        })
    }
}

impl Classifier for PluginClassifier {
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        let kind = &self.kind;
        let fitting = batch.iter().copied().filter(|item| kind.rules.refusal(*item).is_none());
        self.buffers.fill(fitting, kind.label_count);
        self.run()?;
        let mut scored = 0;
        for &item in batch {
            let outcome = self.kind.rules.refusal(item).map_or_else(
                || {
                    scored += 1;
                    self.buffers.outcome(scored - 1, self.kind.plugin.name())
                },
                Err,
            );
            logits.push(outcome);
        }
        Ok(())
    }
}
