//! Who answers the command line: a server, or the same services in this process.

use super::SettingsArgs;
use super::connection::Line;
use crate::access::Caller;
use crate::models::State;
use crate::{ModelsService, RecognizerService, Stores, assemble};
use anyhow::{anyhow, bail};
use std::pin::Pin;
use std::sync::Arc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Status};
use undertone_proto::v1;
use undertone_telemetry::Metrics;
use v1::models_client::ModelsClient;
use v1::models_server::Models;
use v1::recognizer_client::RecognizerClient;

/// Replies of a stream, wherever they come from.
pub(super) type Replies = Pin<Box<dyn Stream<Item = Result<v1::StreamingRecognizeResponse, Status>> + Send>>;

/// Who answers.
pub(super) enum Recognizer {
    /// The same plugins, models and engine as a server's, in this process. Nothing is recorded.
    Local { recognizer: RecognizerService, models: ModelsService },
    /// A server.
    Remote(Line),
}

impl Recognizer {
    /// A client of `server`, or the services in process.
    pub(super) async fn open(server: Option<&str>, settings: &SettingsArgs) -> anyhow::Result<Self> {
        Self::open_for(server, settings, 1).await
    }

    /// The same for so many recordings at a time.
    pub(super) async fn open_for(
        server: Option<&str>,
        settings: &SettingsArgs,
        jobs: usize,
    ) -> anyhow::Result<Self> {
        match server {
            Some(url) => Ok(Self::Remote(settings.target(url).connect().await?)),
            None => Self::in_process(settings, jobs),
        }
    }

    fn in_process(settings: &SettingsArgs, workers: usize) -> anyhow::Result<Self> {
        let workers = vec![("engine.workers".to_owned(), workers.to_string())];
        let settings = settings.load(workers)?;
        let assembled = assemble(&settings, Arc::new(Metrics::new()?), Stores::default())?;
        let recognition = Arc::new(assembled.recognition);
        for version in recognition.models.versions().iter().filter(|version| version.state == State::Refused)
        {
            eprintln!("undertone: {} is refused: {}", version.path.display(), version.reason);
        }
        if recognition.models.ready().is_empty() {
            bail!("there is no model in {}; give --models-dir, or --server", settings.models.dir.display());
        }
        Ok(Self::Local {
            recognizer: RecognizerService::new(recognition.clone()),
            models: ModelsService::new(recognition),
        })
    }

    pub(super) async fn recognize(
        &self,
        request: v1::RecognizeRequest,
    ) -> Result<v1::RecognizeResponse, Status> {
        match self {
            Self::Local { recognizer, .. } => recognizer.recognize(request, Caller::anyone()).await,
            Self::Remote(line) => {
                recognizer_client(line).recognize(request).await.map(tonic::Response::into_inner)
            }
        }
    }

    pub(super) async fn stream(
        &self,
        asks: ReceiverStream<v1::StreamingRecognizeRequest>,
    ) -> Result<Replies, Status> {
        match self {
            Self::Local { recognizer, .. } => {
                Ok(Box::pin(recognizer.recognize_stream(asks.map(Ok), Caller::anyone()).await?))
            }
            Self::Remote(line) => {
                Ok(Box::pin(recognizer_client(line).streaming_recognize(asks).await?.into_inner()))
            }
        }
    }

    pub(super) async fn list_models(&self) -> anyhow::Result<v1::ListModelsResponse> {
        let request = v1::ListModelsRequest {};
        let listed = match self {
            Self::Local { models, .. } => models.list_models(Request::new(request)).await,
            Self::Remote(line) => ModelsClient::new(line.clone()).list_models(request).await,
        };
        Ok(listed.map_err(|status| sentence(&status))?.into_inner())
    }

    /// The model's card, Markdown.
    pub(super) async fn model_card(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.get_model(name).await?.card)
    }

    /// What is known about the model; about the default one for an empty name.
    pub(super) async fn model(&self, name: &str) -> anyhow::Result<v1::Model> {
        Ok(self.get_model(name).await?.model.unwrap_or_default())
    }

    async fn get_model(&self, name: &str) -> anyhow::Result<v1::GetModelResponse> {
        let request = v1::GetModelRequest { model: name.to_owned() };
        let found = match self {
            Self::Local { models, .. } => models.get_model(Request::new(request)).await,
            Self::Remote(line) => ModelsClient::new(line.clone()).get_model(request).await,
        };
        Ok(found.map_err(|status| sentence(&status))?.into_inner())
    }
}

/// A client that takes replies of any size: a long recording has many utterances.
fn recognizer_client(line: &Line) -> RecognizerClient<Line> {
    RecognizerClient::new(line.clone()).max_decoding_message_size(usize::MAX)
}

/// A status as a sentence for a person.
pub(super) fn sentence(status: &Status) -> anyhow::Error {
    let code = crate::grpc::code_name(status.code());
    anyhow!("{} ({code})", status.message())
}
