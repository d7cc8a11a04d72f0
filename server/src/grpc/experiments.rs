//! `undertone.v1.Experiments`.

use super::status;
use crate::access::Caller;
use crate::experiments::{self, Author, Kept, Means, Refusal, Step, report};
use crate::recognition::Recognition;
use crate::wire_time;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use undertone_core::{Labels, Role};
use undertone_experiments::{ArmIndex, Assignment};
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;
use undertone_store::ExperimentKey;
use v1::change_experiment_request::Step as WireStep;

/// Compares models on live streams.
#[derive(Clone)]
pub struct ExperimentsService {
    recognition: Arc<Recognition>,
}

impl ExperimentsService {
    /// A service over `recognition`'s experiments.
    pub fn new(recognition: Arc<Recognition>) -> Self {
        Self { recognition }
    }

    /// An experiment of the caller's tenant; one of another is not there.
    fn find(&self, caller: &Caller, name: &str) -> Result<Arc<Kept>, Status> {
        let key = ExperimentKey { tenant: caller.tenant(), name };
        let kept = self.recognition.experiments.catalog.find(key);
        kept.ok_or_else(|| status::about_experiment(&Refusal::Unknown(name.to_owned())))
    }
}

#[tonic::async_trait]
impl v1::experiments_server::Experiments for ExperimentsService {
    async fn create_experiment(
        &self,
        request: Request<v1::CreateExperimentRequest>,
    ) -> Result<Response<v1::CreateExperimentResponse>, Status> {
        let caller = Caller::of(&request);
        let v1::CreateExperimentRequest { definition, who, why } = request.into_inner();
        let recognition = &self.recognition;
        let model = |name: &str| -> Result<Arc<LoadedModel>, String> { recognition.model(name) };
        let catalog = &recognition.experiments.catalog;
        let means = Means { model: &model, keeps_subjects: recognition.keeps_subjects() };
        let created = catalog.create((caller.tenant(), &definition), author(&caller, who, why), means).await;
        let kept = created.map_err(|refusal| status::about_experiment(&refusal))?;
        Ok(Response::new(v1::CreateExperimentResponse {
            estimate: experiments::estimate(&kept.document).unwrap_or_default(),
            experiment: Some(to_wire(&kept)),
        }))
    }

    async fn change_experiment(
        &self,
        request: Request<v1::ChangeExperimentRequest>,
    ) -> Result<Response<v1::ChangeExperimentResponse>, Status> {
        let caller = Caller::of(&request);
        let v1::ChangeExperimentRequest { name, who, why, step } = request.into_inner();
        let step = step.ok_or_else(|| status::bad_field("step", "say what is to be done"))?;
        let step = match step {
            WireStep::Start(_) => Step::Start,
            WireStep::Ramp(ramp) => Step::Ramp(ramp.weights.into_iter().collect()),
            WireStep::Pause(_) => Step::Pause,
            WireStep::Stop(_) => Step::Stop,
            WireStep::Promote(promote) => Step::Promote(promote.arm),
            WireStep::Archive(_) => Step::Archive,
        };
        let key = ExperimentKey { tenant: caller.tenant(), name: &name };
        let changed = self.recognition.experiments.catalog.change(key, author(&caller, who, why), step).await;
        let kept = changed.map_err(|refusal| status::about_experiment(&refusal))?;
        Ok(Response::new(v1::ChangeExperimentResponse { experiment: Some(to_wire(&kept)) }))
    }

    async fn list_experiments(
        &self,
        request: Request<v1::ListExperimentsRequest>,
    ) -> Result<Response<v1::ListExperimentsResponse>, Status> {
        let all = self.recognition.experiments.catalog.of(Caller::of(&request).tenant());
        let experiments = all.iter().map(|kept| to_wire(kept)).collect();
        Ok(Response::new(v1::ListExperimentsResponse { experiments }))
    }

    async fn get_experiment(
        &self,
        request: Request<v1::GetExperimentRequest>,
    ) -> Result<Response<v1::GetExperimentResponse>, Status> {
        let caller = Caller::of(&request);
        let kept = self.find(&caller, &request.into_inner().name)?;
        let store = self.recognition.experiments.catalog.store();
        let store = store.ok_or_else(|| status::about_experiment(&Refusal::NoStore("nothing is kept")))?;
        let changes = store.history(kept.key()).await;
        let changes = changes.map_err(|error| status::about_experiment(&Refusal::Store(error)))?;
        let changes = changes.into_iter().map(|change| v1::ExperimentChange {
            revision: change.revision,
            at: Some(wire_time::timestamp(change.at)),
            who: change.reason.who,
            what: change.reason.what,
            why: change.reason.why,
            state: change.state,
        });
        let changes = changes.collect();
        Ok(Response::new(v1::GetExperimentResponse { experiment: Some(to_wire(&kept)), changes }))
    }

    async fn assign(
        &self,
        request: Request<v1::AssignRequest>,
    ) -> Result<Response<v1::AssignResponse>, Status> {
        let caller = Caller::of(&request);
        let v1::AssignRequest { name, key, labels } = request.into_inner();
        let kept = self.find(&caller, &name)?;
        let labels: Labels = labels.into_iter().collect();
        let nothing = |reason: &str| v1::AssignResponse { reason: reason.to_owned(), ..Default::default() };
        let answer = match kept.experiment.assign(&key) {
            _ if !kept.is_eligible(&labels) => nothing("its labels do not make it eligible"),
            Assignment::HeldOut => nothing("it is held out of experiments"),
            Assignment::Elsewhere => nothing("it falls into another part of the layer"),
            Assignment::Arm { arm, .. } => v1::AssignResponse {
                arm: kept.arms().get(arm.0).map(|arm| arm.name.clone()).unwrap_or_default(),
                model: kept.model_of(arm).to_owned(),
                reason: String::new(),
            },
        };
        Ok(Response::new(answer))
    }

    async fn get_report(
        &self,
        request: Request<v1::GetReportRequest>,
    ) -> Result<Response<v1::GetReportResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let format = request.format();
        let kept = self.find(&caller, &request.name)?;
        let report = report::look(&self.recognition, &kept).await;
        let report = report.map_err(|refusal| status::about_experiment(&refusal))?;
        let content = match format {
            v1::ReportFormat::Unspecified | v1::ReportFormat::Text => report::text(&report),
            v1::ReportFormat::Json => report::json(&report).to_string(),
            v1::ReportFormat::Html => report::html(&report),
        };
        Ok(Response::new(v1::GetReportResponse { content }))
    }
}

/// Whoever the caller says it is, with the key that it came with: the first may be made up, the second not.
fn author(caller: &Caller, who: String, why: String) -> Author {
    let said = !who.trim().is_empty();
    match caller.key_id().filter(|_| said) {
        Some(id) => Author { who: format!("{who} (key {id})"), why },
        None => Author { who, why },
    }
}

fn to_wire(kept: &Kept) -> v1::Experiment {
    let control = kept.experiment.control().0;
    let arms = kept.arms().iter().zip(&kept.document.arms).enumerate().map(|(place, (arm, written))| {
        v1::ExperimentArm {
            name: arm.name.clone(),
            model: written.model.clone(),
            weight: written.weight,
            shadow: arm.role == Role::Shadow,
            control: place == control,
            stopped: kept.progress.stopped(&arm.name).map(|own| own.reason.clone()).unwrap_or_default(),
        }
    });
    v1::Experiment {
        name: kept.name().to_owned(),
        state: kept.state.name().to_owned(),
        revision: kept.revision,
        // A document that was read can be written.
        definition: serde_json::to_string(&kept.document).unwrap_or_default(),
        arms: arms.collect(),
        chosen: kept.progress.chosen.clone().unwrap_or_default(),
        updated_at: Some(wire_time::timestamp(kept.updated_at)),
        allotment: Some(allotment(kept)),
    }
}

/// What assignment takes of it.
fn allotment(kept: &Kept) -> v1::Allotment {
    let (definition, arms) = (kept.experiment.definition(), kept.arms());
    let runs = kept.experiment.allocation().runs().iter();
    let name = |arm: ArmIndex| arms.get(arm.0).map(|arm| arm.name.clone()).unwrap_or_default();
    v1::Allotment {
        salt: definition.salt.clone(),
        runs: runs.map(|run| v1::BucketRun { until: run.until.into(), arm: name(run.arm) }).collect(),
        layer: definition.slot.as_ref().map(|slot| v1::LayerPart {
            name: slot.layer.clone(),
            from: slot.from.into(),
            until: slot.until.into(),
        }),
        holdout: definition
            .holdout
            .as_ref()
            .map(|holdout| v1::HeldOut { name: holdout.salt.clone(), buckets: holdout.buckets.into() }),
    }
}
