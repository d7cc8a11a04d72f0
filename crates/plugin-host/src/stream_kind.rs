//! A classifier plugin with the graph that goes on where a stream's last call ended.

use crate::HostError;
use crate::classifier_kind::ClassifierKind;
use crate::functions::StreamFunctions;
use crate::stream_classifier::PluginStreamClassifier;
use crate::text::{breach, call};
use std::sync::Arc;
use undertone_core::{FramesView, PluginError, Streaming};
use undertone_plugin_abi::{MAX_STATE_TENSORS, MAX_STATE_VALUES, StateTensor, Status, Text};

/// A classifier plugin with a stateful graph; makes instances.
#[derive(Debug)]
pub(crate) struct StreamKind {
    pub(crate) classifier: ClassifierKind,
    pub(crate) functions: StreamFunctions,
    /// Number of values of each state tensor, for one stream.
    pub(crate) tensors: Vec<usize>,
    pub(crate) streaming: Streaming,
}

impl StreamKind {
    /// Asks the plugin what it must remember of a stream.
    pub(crate) fn new(
        classifier: ClassifierKind,
        functions: StreamFunctions,
        (step_frames, temperature): (usize, f32),
    ) -> Result<Self, HostError> {
        let plugin = &classifier.plugin;
        // SAFETY: the plugin is alive.
        let count = unsafe { (functions.count)(plugin.raw()) };
        let implausible = |what: &str| breach(plugin.name(), "its states", what).error;
        if !(1..=MAX_STATE_TENSORS).contains(&count) {
            return Err(
                implausible(&format!("{count} tensors, 1 to {MAX_STATE_TENSORS} are possible")).into()
            );
        }
        let mut tensors = Vec::new();
        for index in 0..count {
            let size = size_of::<StateTensor>() as u32;
            let mut tensor = StateTensor { size, length: 0, name: Text::new("") };
            call(plugin.name(), "describe of a state", |error| -> Status {
                // SAFETY: the arguments are what the contract says.
                unsafe { (functions.describe)(plugin.raw(), index, &raw mut tensor, error) }
            })
            .map_err(|failed| failed.error)?;
            tensors.push(tensor.length as usize);
        }
        let state_values = tensors.iter().sum();
        if tensors.contains(&0) || state_values > MAX_STATE_VALUES {
            return Err(implausible(&format!("{state_values} values, or a tensor without any")).into());
        }
        let streaming = Streaming { step_frames, state_values, temperature };
        Ok(Self { classifier, functions, tensors, streaming })
    }

    /// Makes a classifier for one worker.
    pub(crate) fn classifier(self: &Arc<Self>) -> Result<PluginStreamClassifier, PluginError> {
        PluginStreamClassifier::new(Arc::clone(self))
    }

    /// Why `frames` are not shown to the plugin, with `state_values` values of state.
    pub(crate) fn refusal(&self, frames: FramesView<'_>, state_values: usize) -> Option<PluginError> {
        self.classifier.rules.refusal_of_steps(frames, state_values, self.streaming)
    }
}
