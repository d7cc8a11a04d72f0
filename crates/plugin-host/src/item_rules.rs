//! Which items a classifier plugin is shown.

use crate::text::error_of;
use undertone_bundle::Limits;
use undertone_core::{FramesView, PluginError, Streaming};
use undertone_plugin_abi::Status;

/// Which items a classifier plugin is shown; others are refused before it sees them.
#[derive(Debug, Clone)]
pub(crate) struct ItemRules {
    /// The plugin's name.
    pub(crate) plugin: String,
    /// Values per frame.
    pub(crate) dim: usize,
    /// How long an item may be.
    pub(crate) limits: Limits,
}

impl ItemRules {
    /// Why an utterance is not shown to the plugin.
    pub(crate) fn refusal(&self, item: FramesView<'_>) -> Option<PluginError> {
        if item.len() < self.limits.min_frames as usize {
            let (frames, fewest) = (item.len(), self.limits.min_frames);
            return Some(self.refused(format!("it has {frames} frames, {fewest} are the fewest")));
        }
        self.refusal_of_size(item)
    }

    /// Why new frames are not shown to the plugin, with `state_values` values of state.
    pub(crate) fn refusal_of_steps(
        &self,
        frames: FramesView<'_>,
        state_values: usize,
        streaming: Streaming,
    ) -> Option<PluginError> {
        let step = streaming.step_frames;
        let message = if frames.is_empty() || !frames.len().is_multiple_of(step) {
            format!("it has {} new frames, multiples of {step} are possible", frames.len())
        } else if state_values != streaming.state_values {
            format!("it has {state_values} values of state, the model needs {}", streaming.state_values)
        } else {
            return self.refusal_of_size(frames);
        };
        Some(self.refused(message))
    }

    /// Why an item is too large, or its frames are of another kind.
    fn refusal_of_size(&self, item: FramesView<'_>) -> Option<PluginError> {
        let (frames, most) = (item.len(), self.limits.max_frames);
        let message = if item.dim != self.dim {
            format!("it has {} values per frame, the model takes {}", item.dim, self.dim)
        } else if frames > most as usize {
            format!("it has {frames} frames, {most} are the most")
        } else {
            return None;
        };
        Some(self.refused(message))
    }

    /// An item that the plugin is not shown.
    pub(crate) fn refused(&self, message: String) -> PluginError {
        error_of(&self.plugin, "an item", Status::REFUSED, message)
    }
}
