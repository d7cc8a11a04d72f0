//! Who answers the command line: a server, or the same services in this process.

use super::SettingsArgs;
use crate::models::State;
use crate::{ModelsService, RecognizerService, assemble};
use anyhow::{Context, anyhow, bail};
use std::pin::Pin;
use std::sync::Arc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Channel;
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
    Remote(Channel),
}

impl Recognizer {
    /// A client of `server`, or the services in process.
    pub(super) async fn open(server: Option<&str>, settings: &SettingsArgs) -> anyhow::Result<Self> {
        match server {
            Some(url) => Ok(Self::Remote(connect(url).await?)),
            None => Self::in_process(settings),
        }
    }

    fn in_process(settings: &SettingsArgs) -> anyhow::Result<Self> {
        let one_worker = vec![("engine.workers".to_owned(), "1".to_owned())];
        let settings = settings.load(one_worker)?;
        let recognition = Arc::new(assemble(&settings, Arc::new(Metrics::new()?), None)?);
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
            Self::Local { recognizer, .. } => recognizer.recognize(request).await,
            Self::Remote(channel) => {
                recognizer_client(channel).recognize(request).await.map(tonic::Response::into_inner)
            }
        }
    }

    pub(super) async fn stream(
        &self,
        asks: ReceiverStream<v1::StreamingRecognizeRequest>,
    ) -> Result<Replies, Status> {
        match self {
            Self::Local { recognizer, .. } => Ok(Box::pin(recognizer.recognize_stream(asks.map(Ok)).await?)),
            Self::Remote(channel) => {
                Ok(Box::pin(recognizer_client(channel).streaming_recognize(asks).await?.into_inner()))
            }
        }
    }

    pub(super) async fn list_models(&self) -> anyhow::Result<v1::ListModelsResponse> {
        let request = v1::ListModelsRequest {};
        let listed = match self {
            Self::Local { models, .. } => models.list_models(Request::new(request)).await,
            Self::Remote(channel) => ModelsClient::new(channel.clone()).list_models(request).await,
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
            Self::Remote(channel) => ModelsClient::new(channel.clone()).get_model(request).await,
        };
        Ok(found.map_err(|status| sentence(&status))?.into_inner())
    }
}

/// A connection to the server at `url`.
pub(super) async fn connect(url: &str) -> anyhow::Result<Channel> {
    let endpoint = Channel::from_shared(url.to_owned())
        .with_context(|| format!("{url:?} is not a URL; give for instance http://127.0.0.1:50151"))?;
    let connected = endpoint.connect().await;
    connected.with_context(|| format!("no server answers at {url}; is `undertone serve` running there?"))
}

/// A client that takes replies of any size: a long recording has many utterances.
fn recognizer_client(channel: &Channel) -> RecognizerClient<Channel> {
    RecognizerClient::new(channel.clone()).max_decoding_message_size(usize::MAX)
}

/// A status as a sentence for a person.
pub(super) fn sentence(status: &Status) -> anyhow::Error {
    let code = crate::grpc::code_name(status.code());
    anyhow!("{} ({code})", status.message())
}
