//! The protocol's extension for the set of models.

use crate::grpc::{models, status};
use crate::models::{State, VersionView, Wanted};
use crate::recognition::Recognition;
use std::collections::HashMap;
use tonic::Status;
use undertone_proto::inference as wire;
use wire::repository_index_response::ModelIndex;

/// What the extension is called in the server's metadata.
pub(super) const EXTENSION: &str = "model_repository";

/// No model depends on another, so this asks for nothing.
const UNLOAD_DEPENDENTS: &str = "unload_dependents";

type Parameters = HashMap<String, wire::ModelRepositoryParameter>;

/// Every version, or those that can be asked.
pub(super) fn index(recognition: &Recognition, only_ready: bool) -> wire::RepositoryIndexResponse {
    let versions = recognition.models.versions().into_iter();
    let listed = versions.filter(|version| !only_ready || version.state == State::Ready);
    wire::RepositoryIndexResponse { models: listed.map(indexed).collect() }
}

/// Loads the latest version of a model.
pub(super) async fn load(
    recognition: &Recognition,
    request: wire::RepositoryModelLoadRequest,
) -> Result<(), Status> {
    models::may_change(recognition)?;
    understood(&request.parameters, &[])?;
    let loaded = recognition.models.load(Wanted::Named(request.model_name)).await;
    loaded.map(drop).map_err(|error| models::not_changed(&error))
}

/// Takes a model out of service.
pub(super) async fn unload(
    recognition: &Recognition,
    request: &wire::RepositoryModelUnloadRequest,
) -> Result<(), Status> {
    models::may_change(recognition)?;
    understood(&request.parameters, &[UNLOAD_DEPENDENTS])?;
    let unloaded = recognition.models.unload(&request.model_name).await;
    unloaded.map(drop).map_err(|error| models::not_changed(&error))
}

fn indexed(version: VersionView) -> ModelIndex {
    let state = match version.state {
        State::Ready => "READY",
        State::Loading => "LOADING",
        State::Draining => "UNLOADING",
        State::Refused | State::Unloaded => "UNAVAILABLE",
    };
    ModelIndex {
        name: version.reference.name,
        version: version.reference.version,
        state: state.into(),
        reason: version.reason,
    }
}

/// A parameter that would be passed over would not do what it says.
fn understood(parameters: &Parameters, known: &[&str]) -> Result<(), Status> {
    match parameters.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(status::bad_field(&format!("parameters.{name}"), "it is not understood here")),
        None => Ok(()),
    }
}
