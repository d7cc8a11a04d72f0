//! A stateful classifier plugin behind the port of core.

use crate::instance::ActiveInstance;
use crate::item_buffers::ItemBuffers;
use crate::stream_kind::StreamKind;
use std::sync::Arc;
use undertone_core::{Advance, PluginError, StreamClassifier};
use undertone_plugin_abi::StateBuffer;

/// Scores the streams of one worker. An instance that failed is reported once and replaced by the next call.
#[derive(Debug)]
pub(crate) struct PluginStreamClassifier {
    kind: Arc<StreamKind>,
    instance: Option<ActiveInstance>,
    items: ItemBuffers,
    states: States,
}

/// The buffers of a call.
#[derive(Debug, Default)]
struct States(Vec<StateBuffer>);

// SAFETY: the pointers are written anew for every call and used during it only.
unsafe impl Send for States {}

impl PluginStreamClassifier {
    pub(crate) fn new(kind: Arc<StreamKind>) -> Result<Self, PluginError> {
        let instance = kind.classifier.instance().map_err(|failed| failed.error)?;
        Ok(Self { kind, instance: Some(instance), items: ItemBuffers::default(), states: States::default() })
    }

    /// Takes up the items that the plugin can be shown.
    fn fill(&mut self, batch: &mut [Advance<'_>]) {
        let kind = &self.kind;
        let fits = |item: &Advance<'_>| kind.refusal(item.frames, item.state.len()).is_none();
        let frames = batch.iter().filter(|item| fits(item)).map(|item| item.frames);
        self.items.fill(frames, kind.classifier.label_count);
        self.states.0.clear();
        for item in batch.iter_mut().filter(|item| fits(item)) {
            let mut rest = &mut *item.state;
            for &length in &kind.tensors {
                let (own, others) = rest.split_at_mut(length);
                self.states.0.push(StateBuffer { values: own.as_mut_ptr(), length });
                rest = others;
            }
        }
    }

    fn run(&mut self) -> Result<(), PluginError> {
        if self.items.is_empty() {
            return Ok(());
        }
        let (items, count) = self.items.items();
        let states = self.states.0.as_mut_ptr();
        let advance = self.kind.functions.advance;
        self.kind.classifier.call(&mut self.instance, "advance", |instance, call, error| {
            // SAFETY: the arguments are what the contract says; items and states point at frames, states and buffers
            // that outlive the call, one state buffer per item and tensor.
            unsafe { advance(instance, call, items, states, count, error) }
        })
    }
}

impl StreamClassifier for PluginStreamClassifier {
    fn advance(
        &mut self,
        batch: &mut [Advance<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        self.fill(batch);
        self.run()?;
        let mut scored = 0;
        for item in batch {
            logits.push(match self.kind.refusal(item.frames, item.state.len()) {
                Some(refusal) => Err(refusal),
                None => {
                    scored += 1;
                    self.items.outcome(scored - 1, self.kind.classifier.plugin.name())
                }
            });
        }
        Ok(())
    }
}
