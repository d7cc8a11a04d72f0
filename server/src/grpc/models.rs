//! `undertone.v1.Models`: which models can be asked, and how that changes.

use super::{reply, status};
use crate::models::{ModelsError, State, VersionView, Wanted};
use crate::recognition::Recognition;
use std::path::Path;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use undertone_core::{ErrorKind, Model};
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;

/// Tells which models can be asked, and changes it.
#[derive(Clone)]
pub struct ModelsService {
    recognition: Arc<Recognition>,
}

impl ModelsService {
    /// A service over `recognition`'s models.
    pub fn new(recognition: Arc<Recognition>) -> Self {
        Self { recognition }
    }

    fn version(&self, version: VersionView) -> v1::ModelVersion {
        use v1::model_version::State as Wire;
        let state = match version.state {
            State::Loading => Wire::Loading,
            State::Ready => Wire::Ready,
            State::Draining => Wire::Draining,
            State::Refused => Wire::Refused,
            State::Unloaded => Wire::Unloaded,
        };
        let by_name = self.recognition.models.resolve(&version.reference.name);
        v1::ModelVersion {
            reference: Some(reply::model_ref(&version.reference)),
            state: state.into(),
            live_streams: self.recognition.models.live_streams(&version),
            answers_by_name: by_name.is_ok_and(|model| *model.reference() == version.reference),
            path: version.path.display().to_string(),
            reason: version.reason,
            signed_by: version.signed_by,
        }
    }

    fn describe(&self, model: &LoadedModel) -> v1::Model {
        let manifest = model.manifest();
        v1::Model {
            reference: Some(reply::model_ref(model.reference())),
            description: manifest.description.clone(),
            is_default: self
                .recognition
                .model("")
                .is_ok_and(|default| default.reference() == model.reference()),
            labels: manifest.labels.clone(),
            licence: manifest.licence.clone(),
            accuracy: manifest.training.accuracy as f32,
            unweighted_average_recall: manifest.training.uar as f32,
            test_speakers: manifest.training.test_speakers.clone(),
            calibration: Some(calibration(model)),
            train_speakers: manifest.training.train_speakers.clone(),
        }
    }
}

/// Whether callers may change the set of models.
pub(super) fn may_change(recognition: &Recognition) -> Result<(), Status> {
    match recognition.models.may_be_controlled() {
        true => Ok(()),
        false => Err(Status::permission_denied("models.remote_control is false on this server")),
    }
}

fn wanted(request: v1::LoadModelRequest) -> Result<Wanted, Status> {
    use v1::load_model_request::Source;
    match request.source {
        Some(Source::Model(name)) if !name.is_empty() => Ok(Wanted::Named(name)),
        Some(Source::Path(path)) if Path::new(&path).is_absolute() => Ok(Wanted::At(path.into())),
        Some(Source::Path(_)) => Err(status::bad_field("path", "give an absolute path")),
        Some(Source::Model(_)) | None => Err(status::bad_field("model", "give NAME, NAME@VERSION or a path")),
    }
}

/// A bundle that cannot be served is no mistake of the request.
pub(super) fn not_changed(error: &ModelsError) -> Status {
    let sentence = error.to_string();
    match error.kind() {
        ErrorKind::NotFound => status::unknown_model("", &sentence),
        ErrorKind::InvalidInput | ErrorKind::Plugin => Status::failed_precondition(sentence),
        kind => Status::new(status::code_of(kind), sentence),
    }
}

fn calibration(model: &LoadedModel) -> v1::Calibration {
    let calibration = model.manifest().calibration;
    v1::Calibration {
        temperature: calibration.temperature,
        abstain_below: calibration.abstain_below,
        abstain_error: calibration.abstain_error,
        conformal: calibration
            .conformal
            .map(|sets| v1::ConformalSets { coverage: sets.coverage, threshold: sets.threshold }),
    }
}

#[tonic::async_trait]
impl v1::models_server::Models for ModelsService {
    async fn list_models(
        &self,
        _: Request<v1::ListModelsRequest>,
    ) -> Result<Response<v1::ListModelsResponse>, Status> {
        let table = &self.recognition.models;
        let models = table.ready().list().map(|model| self.describe(model)).collect();
        let versions = table.versions();
        let folder = table.folder_problem();
        let refused = versions.iter().filter(|version| version.state == State::Refused);
        let refused = refused.map(|version| (version.path.clone(), version.reason.clone())).chain(folder);
        let refused = refused
            .map(|(path, reason)| v1::RefusedBundle { path: path.display().to_string(), reason })
            .collect();
        let versions = versions.into_iter().map(|version| self.version(version)).collect();
        Ok(Response::new(v1::ListModelsResponse { models, refused, versions }))
    }

    async fn get_model(
        &self,
        request: Request<v1::GetModelRequest>,
    ) -> Result<Response<v1::GetModelResponse>, Status> {
        let name = request.into_inner().model;
        let model =
            self.recognition.model(&name).map_err(|sentence| status::unknown_model(&name, &sentence))?;
        let card = model.card().to_owned();
        Ok(Response::new(v1::GetModelResponse { model: Some(self.describe(&model)), card }))
    }

    async fn load_model(
        &self,
        request: Request<v1::LoadModelRequest>,
    ) -> Result<Response<v1::LoadModelResponse>, Status> {
        may_change(&self.recognition)?;
        let wanted = wanted(request.into_inner())?;
        let loaded = self.recognition.models.load(wanted).await.map_err(|error| not_changed(&error))?;
        Ok(Response::new(v1::LoadModelResponse {
            version: Some(self.version(loaded.version)),
            draining: loaded.draining.into_iter().map(|version| self.version(version)).collect(),
        }))
    }

    async fn unload_model(
        &self,
        request: Request<v1::UnloadModelRequest>,
    ) -> Result<Response<v1::UnloadModelResponse>, Status> {
        may_change(&self.recognition)?;
        let unloaded = self.recognition.models.unload(&request.into_inner().model).await;
        let unloaded = unloaded.map_err(|error| not_changed(&error))?;
        let versions = unloaded.into_iter().map(|version| self.version(version)).collect();
        Ok(Response::new(v1::UnloadModelResponse { versions }))
    }

    async fn rollback_model(
        &self,
        request: Request<v1::RollbackModelRequest>,
    ) -> Result<Response<v1::RollbackModelResponse>, Status> {
        may_change(&self.recognition)?;
        let rolled_back = self.recognition.models.roll_back(&request.into_inner().name).await;
        let (version, withdrawn) = rolled_back.map_err(|error| not_changed(&error))?;
        Ok(Response::new(v1::RollbackModelResponse {
            version: Some(self.version(version)),
            withdrawn: Some(self.version(withdrawn)),
        }))
    }
}
