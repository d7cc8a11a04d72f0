//! A classifier plugin behind the port of core.

use crate::call::RunningCall;
use crate::classifier_kind::ClassifierKind;
use crate::instance::ActiveInstance;
use crate::item_buffers::ItemBuffers;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
        let instance = match &mut self.instance {
            Some(instance) => instance,
            lost => {
                let instance = lost.insert(self.kind.instance().map_err(|failed| failed.error)?);
                self.kind.replaced.fetch_add(1, Ordering::Relaxed);
                instance
            }
        };
        let running = RunningCall::start(&self.kind.cancelled);
        let (items, count) = self.buffers.items();
        let result = instance.call("classify", |instance, error| {
            // SAFETY: the arguments are what the contract says; the items point at frames and buffers that
            // outlive the call.
            unsafe { (self.kind.functions.classify)(instance, running.handle(), items, count, error) }
        });
        result.map_err(|failed| {
            if failed.broken {
                self.instance = None;
            }
            failed.error
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
        let fitting = batch.iter().copied().filter(|item| kind.refusal(*item).is_none());
        self.buffers.fill(fitting, kind.label_count);
        self.run()?;
        let mut scored = 0;
        for &item in batch {
            let outcome = self.kind.refusal(item).map_or_else(
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
