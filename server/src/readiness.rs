//! Which model does a new piece of work: the one that was named, or, while that takes no work, another version of it.

use crate::recognition::Recognition;
use std::sync::Arc;
use undertone_core::{Model, Unready};
use undertone_plugin_host::LoadedModel;

/// No model does the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoModel {
    /// There is none of that name; the sentence says which there are.
    Unknown(String),
    /// It takes no work now.
    Unready(Unready),
}

/// The model that a client names as `NAME` or `NAME@VERSION`; the default one for an empty name. Where it takes no work now
/// and no version was named, the latest other version that does.
pub(crate) fn model_for_work(recognition: &Recognition, name: &str) -> Result<Arc<LoadedModel>, NoModel> {
    let model = recognition.model(name).map_err(NoModel::Unknown)?;
    let Some(unready) = model.unready() else { return Ok(model) };
    let name = if name.is_empty() { recognition.default_model.as_str() } else { name };
    let versions = recognition.models.ready();
    let ready = versions.latest_of(name, |other| other.unready().is_none()).cloned();
    let ready = ready.ok_or(NoModel::Unready(unready))?;
    tracing::debug!(wanted = %model.reference(), instead = %ready.reference(), "another version takes new work");
    Ok(ready)
}
