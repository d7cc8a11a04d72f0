//! The client of one server.

use crate::connection::{Connection, Line};
use crate::error::ClientError;
use crate::options::{Options, StreamOptions};
use crate::retry::Retry;
use crate::source::{Recording, Source};
use crate::stream::{EventStream, Persistence};
use bytes::Bytes;
use std::sync::Arc;
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;

/// Recordings up to this size go in one message; longer ones are streamed as fast as they are taken.
const ONE_MESSAGE_BYTES: usize = 3 * 1024 * 1024;

/// A client of one server. Clones share its connection.
#[derive(Debug, Clone)]
pub struct Client {
    line: Line,
    connection: Arc<Connection>,
}

impl Client {
    /// Connects to a server.
    ///
    /// # Errors
    /// When nobody answers there, or the connection cannot be made as it is asked for.
    pub async fn connect(connection: Connection) -> Result<Self, ClientError> {
        Ok(Self { line: connection.open().await?, connection: connection.into() })
    }

    /// Connects with the first call.
    ///
    /// # Errors
    /// When the connection cannot be made as it is asked for.
    pub fn lazy(connection: Connection) -> Result<Self, ClientError> {
        Ok(Self { line: connection.lazy()?, connection: connection.into() })
    }

    /// The line to the server, for clients of services that have no method here.
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// Everything that is said about a recording.
    ///
    /// # Errors
    /// When it cannot be read, or the server refuses.
    pub async fn recognize(
        &self,
        recording: impl Into<Recording>,
        options: &Options,
    ) -> Result<v1::RecognizeResponse, ClientError> {
        let (audio, format) = recording.into().read().await?;
        if audio.len() > ONE_MESSAGE_BYTES {
            let format = format.or_else(|| container(&audio));
            let unknown = || ClientError::Audio("it is no WAV, FLAC or Ogg Opus file".into());
            let source = Source::bytes(format.ok_or_else(unknown)?, audio);
            return self.stream(source, &options.clone().into()).collect().await;
        }
        self.recognize_message(v1::RecognizeRequest { config: Some(options.to_config(format)), audio }).await
    }

    /// The same about a message that is made already.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn recognize_message(
        &self,
        request: v1::RecognizeRequest,
    ) -> Result<v1::RecognizeResponse, ClientError> {
        self.call(request, async |line, request| {
            RecognizerClient::new(line).max_decoding_message_size(usize::MAX).recognize(request).await
        })
        .await
    }

    /// The events of a stream.
    pub fn stream(&self, source: Source, options: &StreamOptions) -> EventStream {
        let persistence = Persistence { retry: self.connection.retry, timeout: self.connection.timeout };
        EventStream::begin(Arc::new(self.line.clone()), source, options, persistence)
    }

    /// Makes a call with one reply, and makes it again as [`Retry`](crate::Retry) says. `calling` makes it once.
    ///
    /// # Errors
    /// How the last try failed.
    pub async fn call<Asked, Told>(
        &self,
        asked: Asked,
        calling: impl AsyncFn(Line, Request<Asked>) -> Result<Response<Told>, Status>,
    ) -> Result<Told, ClientError>
    where
        Asked: Clone,
    {
        self.call_within(self.connection.retry, asked, calling).await
    }

    /// Makes a call with one reply, once: what it does was done, perhaps, where its reply was lost.
    ///
    /// # Errors
    /// When it failed.
    pub async fn call_once<Asked, Told>(
        &self,
        asked: Asked,
        calling: impl AsyncFn(Line, Request<Asked>) -> Result<Response<Told>, Status>,
    ) -> Result<Told, ClientError>
    where
        Asked: Clone,
    {
        self.call_within(Retry::never(), asked, calling).await
    }

    async fn call_within<Asked, Told>(
        &self,
        retry: Retry,
        asked: Asked,
        calling: impl AsyncFn(Line, Request<Asked>) -> Result<Response<Told>, Status>,
    ) -> Result<Told, ClientError>
    where
        Asked: Clone,
    {
        let deadline = self.connection.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut tries = 0;
        loop {
            let mut request = Request::new(asked.clone());
            if let Some(deadline) = deadline {
                request.set_timeout(deadline.saturating_duration_since(Instant::now()));
            }
            let error = match calling(self.line(), request).await {
                Ok(told) => return Ok(told.into_inner()),
                Err(status) => crate::error::ServerError::from(status),
            };
            tries += 1;
            let delay = retry.delay(tries, Some(&error));
            let is_late = deadline.is_some_and(|deadline| Instant::now() + delay > deadline);
            if is_late || tries >= retry.attempts || !error.may_pass() {
                return Err(error.into());
            }
            tokio::time::sleep(delay).await;
        }
    }
}

/// What kind of file begins so.
fn container(bytes: &Bytes) -> Option<v1::AudioFormat> {
    let encoding = match bytes.get(..4)? {
        b"RIFF" => v1::AudioEncoding::Wav,
        b"fLaC" => v1::AudioEncoding::Flac,
        b"OggS" => v1::AudioEncoding::OggOpus,
        _ => return None,
    };
    Some(v1::AudioFormat { encoding: encoding.into(), ..v1::AudioFormat::default() })
}
