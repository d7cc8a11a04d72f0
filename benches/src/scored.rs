//! What a classifier said.

use anyhow::Result;
use undertone_core::PluginError;

/// Fails with the first item that could not be scored.
pub(crate) fn all_scored(logits: &[Result<Vec<f32>, PluginError>]) -> Result<()> {
    match logits.iter().find_map(|item| item.as_ref().err()) {
        Some(error) => Err(error.clone().into()),
        None => Ok(()),
    }
}
