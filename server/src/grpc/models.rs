//! `undertone.v1.Models`: which models can be asked.

use super::{reply, status};
use crate::recognition::Recognition;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use undertone_core::Model;
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;

/// Tells which models can be asked.
#[derive(Clone)]
pub struct ModelsService {
    recognition: Arc<Recognition>,
}

impl ModelsService {
    /// A service over `recognition`'s models.
    pub fn new(recognition: Arc<Recognition>) -> Self {
        Self { recognition }
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
        }
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
        let models = self.recognition.models.list().map(|model| self.describe(model)).collect();
        let refused = self
            .recognition
            .refused
            .iter()
            .map(|refusal| v1::RefusedBundle {
                path: refusal.path.display().to_string(),
                reason: refusal.error.to_string(),
            })
            .collect();
        Ok(Response::new(v1::ListModelsResponse { models, refused }))
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
}
