//! `inference.GRPCInferenceService`: the Open Inference Protocol over the loaded models.

mod audio;
mod config;
mod features;
mod metadata;
mod outputs;
mod parameters;
mod repository;
mod statistics;
mod stream;
mod tensor;

use super::counted::CountedCall;
use super::deadline::Deadline;
use super::departure::UntilDeparture;
use super::{RecognizerService, spans, status};
use crate::access::Caller;
use crate::readiness::model_for_work;
use crate::recognition::Recognition;
use outputs::Wanted;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::{InferStream, Intake};
use tensor::Tensor;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};
use undertone_core::Model;
use undertone_plugin_host::LoadedModel;
use undertone_proto::inference as wire;
use undertone_telemetry::{CallSpan, StepKind};

/// Bytes of a model's name and version; no bundle has more.
const LONGEST_NAME: usize = 256;

/// The parameter of a request that says how long it may take, in microseconds; 0 for no such bound.
const TIMEOUT: &str = "timeout";

/// A length that the request chooses.
const ANY: i64 = -1;

/// Answers about tensors.
#[derive(Clone)]
pub struct InferenceService {
    recognition: Arc<Recognition>,
    draining: Arc<AtomicBool>,
    /// Ends calls of many requests.
    stop: CancellationToken,
    /// Requests of one such call that are under way at a time.
    at_once: usize,
}

/// What a request holds beside the model's name, read whole.
struct Asked {
    wanted: Wanted,
    input: Tensor,
    deadline: Deadline,
}

impl InferenceService {
    /// A service over `recognition`'s models that is ready until `draining` is set. Calls of many requests end with `stop`,
    /// and have at most `at_once` of them under way.
    pub fn new(
        recognition: Arc<Recognition>,
        draining: Arc<AtomicBool>,
        stop: CancellationToken,
        at_once: usize,
    ) -> Self {
        Self { recognition, draining, stop, at_once }
    }

    fn is_ready(&self) -> bool {
        !self.recognition.models.ready().is_empty() && !self.draining.load(Ordering::Acquire)
    }

    /// The model of this name and version; the latest for an empty version, the default one for an empty name.
    fn model(&self, name: &str, version: &str) -> Result<Arc<LoadedModel>, Status> {
        let wanted = wanted(name, version)?;
        self.recognition.model(&wanted).map_err(|sentence| status::unknown_model(&wanted, &sentence))
    }

    /// Answers one request of a call to `method`, and notes how it went.
    async fn answer(
        &self,
        metadata: &MetadataMap,
        request: wire::ModelInferRequest,
        caller: &Caller,
        method: &'static str,
    ) -> Result<wire::ModelInferResponse, Status> {
        let mut span = spans::begin(&self.recognition, method, caller);
        let answered = self.infer(metadata, request, caller, &mut span).await;
        spans::end(&mut span, answered.as_ref().map(drop));
        answered
    }

    async fn infer(
        &self,
        metadata: &MetadataMap,
        request: wire::ModelInferRequest,
        caller: &Caller,
        span: &mut CallSpan,
    ) -> Result<wire::ModelInferResponse, Status> {
        let arrived = Instant::now();
        let id = request.id.clone();
        let wanted = wanted(&request.model_name, &request.model_version)?;
        let model =
            model_for_work(&self.recognition, &wanted).map_err(|none| status::no_model(&wanted, &none))?;
        let reference = model.reference();
        span.note("undertone.model", reference.to_string());
        let answered = match read(metadata, request) {
            Ok(asked) => self.work(&model, asked, caller).await,
            Err(status) => Err(status),
        };
        statistics::note(&self.recognition, reference, arrived, answered.is_ok());
        Ok(wire::ModelInferResponse {
            model_name: reference.name.clone(),
            model_version: reference.version.clone(),
            id,
            ..answered?
        })
    }

    async fn work(
        &self,
        model: &Arc<LoadedModel>,
        asked: Asked,
        caller: &Caller,
    ) -> Result<wire::ModelInferResponse, Status> {
        let Asked { wanted, input, deadline } = asked;
        let asking = (&self.recognition, caller);
        let answered = deadline.keep(async {
            match input.name.as_str() {
                tensor::FEATURES => features::answer(asking, model, input, deadline).await,
                _ => audio::answer(asking, model, &input).await,
            }
        });
        let rows = answered.await?;
        let begun = Instant::now();
        let response = wanted.response(&rows, model.labels());
        statistics::note_step(&self.recognition, model.reference(), StepKind::Output, begun.elapsed());
        Ok(response)
    }
}

/// Reads what a request holds beside the model's name.
fn read(metadata: &MetadataMap, request: wire::ModelInferRequest) -> Result<Asked, Status> {
    let asked = parameters::whole_number(&request.parameters, TIMEOUT, "parameters.timeout")?;
    let asked = asked.filter(|&micros| micros > 0).map(Duration::from_micros);
    let deadline = Deadline::of_call(metadata).or_in(asked);
    let is_raw = !request.raw_input_contents.is_empty();
    let outputs = request.outputs.iter().map(|output| output.name.clone()).collect();
    let input = tensor::read(request)?;
    let wanted = Wanted::read(outputs, &input.name, is_raw)?;
    Ok(Asked { wanted, input, deadline })
}

#[tonic::async_trait]
impl wire::grpc_inference_service_server::GrpcInferenceService for InferenceService {
    async fn server_live(
        &self,
        _: Request<wire::ServerLiveRequest>,
    ) -> Result<Response<wire::ServerLiveResponse>, Status> {
        Ok(Response::new(wire::ServerLiveResponse { live: true }))
    }

    async fn server_ready(
        &self,
        _: Request<wire::ServerReadyRequest>,
    ) -> Result<Response<wire::ServerReadyResponse>, Status> {
        Ok(Response::new(wire::ServerReadyResponse { ready: self.is_ready() }))
    }

    async fn model_ready(
        &self,
        request: Request<wire::ModelReadyRequest>,
    ) -> Result<Response<wire::ModelReadyResponse>, Status> {
        let wire::ModelReadyRequest { name, version } = request.into_inner();
        let ready =
            self.is_ready() && self.model(&name, &version).is_ok_and(|model| model.unready().is_none());
        Ok(Response::new(wire::ModelReadyResponse { ready }))
    }

    async fn server_metadata(
        &self,
        _: Request<wire::ServerMetadataRequest>,
    ) -> Result<Response<wire::ServerMetadataResponse>, Status> {
        Ok(Response::new(metadata::server()))
    }

    async fn model_metadata(
        &self,
        request: Request<wire::ModelMetadataRequest>,
    ) -> Result<Response<wire::ModelMetadataResponse>, Status> {
        let wire::ModelMetadataRequest { name, version } = request.into_inner();
        let model = self.model(&name, &version)?;
        Ok(Response::new(metadata::model(&model, &self.recognition.models.ready())))
    }

    async fn model_infer(
        &self,
        request: Request<wire::ModelInferRequest>,
    ) -> Result<Response<wire::ModelInferResponse>, Status> {
        let caller = Caller::of(&request);
        let (metadata, _, request) = request.into_parts();
        let counted = CountedCall::new(&self.recognition, "ModelInfer");
        let method = "inference.GRPCInferenceService/ModelInfer";
        let answered = self.answer(&metadata, request, &caller, method).await;
        counted.ended(answered.as_ref().map_or_else(Status::code, |_| Code::Ok));
        answered.map(Response::new)
    }

    type ModelStreamInferStream = InferStream;

    async fn model_stream_infer(
        &self,
        request: Request<Streaming<wire::ModelInferRequest>>,
    ) -> Result<Response<InferStream>, Status> {
        let caller = Caller::of(&request);
        let (metadata, extensions, asks) = request.into_parts();
        let intake = Intake { service: self.clone(), caller, metadata };
        let asks = UntilDeparture::new(asks, &extensions);
        Ok(Response::new(intake.answers(asks, self.at_once)))
    }

    async fn model_config(
        &self,
        request: Request<wire::ModelConfigRequest>,
    ) -> Result<Response<wire::ModelConfigResponse>, Status> {
        let wire::ModelConfigRequest { name, version } = request.into_inner();
        let model = self.model(&name, &version)?;
        let config = config::of(&model, self.recognition.engine.config());
        Ok(Response::new(wire::ModelConfigResponse { config: Some(config) }))
    }

    async fn model_statistics(
        &self,
        request: Request<wire::ModelStatisticsRequest>,
    ) -> Result<Response<wire::ModelStatisticsResponse>, Status> {
        let wire::ModelStatisticsRequest { name, version } = request.into_inner();
        let model_stats = statistics::asked(&self.recognition, &wanted(&name, &version)?)?;
        Ok(Response::new(wire::ModelStatisticsResponse { model_stats }))
    }

    async fn repository_index(
        &self,
        request: Request<wire::RepositoryIndexRequest>,
    ) -> Result<Response<wire::RepositoryIndexResponse>, Status> {
        Ok(Response::new(repository::index(&self.recognition, request.into_inner().ready)))
    }

    async fn repository_model_load(
        &self,
        request: Request<wire::RepositoryModelLoadRequest>,
    ) -> Result<Response<wire::RepositoryModelLoadResponse>, Status> {
        repository::load(&self.recognition, request.into_inner()).await?;
        Ok(Response::new(wire::RepositoryModelLoadResponse {}))
    }

    async fn repository_model_unload(
        &self,
        request: Request<wire::RepositoryModelUnloadRequest>,
    ) -> Result<Response<wire::RepositoryModelUnloadResponse>, Status> {
        repository::unload(&self.recognition, request.get_ref()).await?;
        Ok(Response::new(wire::RepositoryModelUnloadResponse {}))
    }
}

/// Name and version as `NAME` or `NAME@VERSION`.
fn wanted(name: &str, version: &str) -> Result<String, Status> {
    if name.len() + version.len() > LONGEST_NAME {
        let sentence = format!("name and version have at most {LONGEST_NAME} bytes");
        return Err(status::bad_field("model_name", sentence));
    }
    Ok(if version.is_empty() { name.to_owned() } else { format!("{name}@{version}") })
}

/// The service of the native contract, whose road recordings take.
fn recognizer(recognition: &Arc<Recognition>) -> RecognizerService {
    RecognizerService::new(recognition.clone())
}
