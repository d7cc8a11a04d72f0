//! Who answers the command line: a server, or the same services in this process.

use super::SettingsArgs;
use crate::access::Caller;
use crate::models::State;
use crate::{ModelsService, RecognizerService, Stores, assemble};
use anyhow::bail;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};
use undertone_bundle::discover;
use undertone_client::{
    Client, ClientError, Dial, EventStream, Replies, Retry, ServerError, Source, StreamOptions,
};
use undertone_proto::v1;
use undertone_telemetry::Metrics;
use v1::models_server::Models;

/// Who answers.
pub(super) enum Recognizer {
    /// The same plugins, models and engine as a server's, in this process. Nothing is recorded.
    Local { recognizer: RecognizerService, models: ModelsService },
    /// A server.
    Remote(Client),
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
            // One of many recordings is not lost because the server is busy with the others.
            Some(url) => {
                settings.refuse_beside_a_server()?;
                Ok(Self::Remote(settings.target(url).connect_patiently().await?))
            }
            None => Self::in_process(settings, jobs),
        }
    }

    fn in_process(settings: &SettingsArgs, workers: usize) -> anyhow::Result<Self> {
        let workers = vec![("engine.workers".to_owned(), workers.to_string())];
        let mut settings = settings.load_over_own(workers)?;
        // Nobody else is here who could suffer.
        settings.engine.admit_below = f64::INFINITY;
        let assembled = assemble(&settings, Arc::new(Metrics::new()?), Stores::default())?;
        let recognition = Arc::new(assembled.recognition);
        let versions = recognition.models.versions();
        let refused: Vec<_> = versions.iter().filter(|version| version.state == State::Refused).collect();
        for version in &refused {
            eprintln!("undertone: {} is refused: {}", version.path.display(), version.reason);
        }
        if recognition.models.ready().is_empty() {
            bail!("{}", nothing_is_served(&settings.models.dir, !refused.is_empty()));
        }
        Ok(Self::Local {
            recognizer: RecognizerService::new(recognition.clone()),
            models: ModelsService::new(recognition),
        })
    }

    /// Everything about a recording that fits into one message.
    pub(super) async fn recognize(
        &self,
        request: v1::RecognizeRequest,
    ) -> Result<v1::RecognizeResponse, ClientError> {
        match self {
            Self::Local { recognizer, .. } => Ok(recognizer.recognize(request, Caller::anyone()).await?),
            Self::Remote(client) => client.recognize_message(request).await,
        }
    }

    /// The events of a stream.
    pub(super) fn stream(&self, source: Source, options: &StreamOptions) -> EventStream {
        match self {
            Self::Local { recognizer, .. } => {
                let here = Arc::new(InProcess(recognizer.clone()));
                EventStream::over(here, source, options, Retry::never())
            }
            Self::Remote(client) => client.stream(source, options),
        }
    }

    pub(super) async fn list_models(&self) -> Result<v1::ListModelsResponse, ClientError> {
        let request = v1::ListModelsRequest {};
        match self {
            Self::Local { models, .. } => Ok(models.list_models(Request::new(request)).await?.into_inner()),
            Self::Remote(client) => client.list_models(request).await,
        }
    }

    /// What is known about the model; about the default one for an empty name.
    pub(super) async fn model(&self, name: &str) -> Result<v1::Model, ClientError> {
        Ok(self.get_model(name).await?.model.unwrap_or_default())
    }

    /// The same, and the model's card.
    pub(super) async fn get_model(&self, name: &str) -> Result<v1::GetModelResponse, ClientError> {
        let request = v1::GetModelRequest { model: name.to_owned() };
        match self {
            Self::Local { models, .. } => Ok(models.get_model(Request::new(request)).await?.into_inner()),
            Self::Remote(client) => client.get_model(request).await,
        }
    }
}

/// Why no model answers.
fn nothing_is_served(dir: &Path, some_are_refused: bool) -> String {
    let dir_name = dir.display();
    match discover(dir) {
        _ if some_are_refused => format!("no model in {dir_name} can be used"),
        Ok(found) if !found.is_empty() => {
            format!("models.policy and models.policies leave out every version in {dir_name}")
        }
        _ => format!("there is no model in {dir_name}; give --models-dir, or --server"),
    }
}

/// Opens streams of the service in this process.
struct InProcess(RecognizerService);

impl Dial for InProcess {
    fn dial(
        &self,
        asks: ReceiverStream<v1::StreamingRecognizeRequest>,
        _within: Option<Duration>,
    ) -> Pin<Box<dyn Future<Output = Result<Replies, Status>> + Send + '_>> {
        Box::pin(async move {
            let replies = self.0.recognize_stream(asks.map(Ok), Caller::anyone()).await?;
            Ok(Box::pin(replies) as Replies)
        })
    }
}

/// A status as a sentence for a person.
pub(super) fn sentence(status: Status) -> anyhow::Error {
    ServerError::from(status).into()
}
