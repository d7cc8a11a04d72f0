//! A stream of audio and its events, over as many calls as it takes.

mod call;
mod driver;

use crate::dial::Dial;
use crate::error::ClientError;
use crate::event::Event;
use crate::format::has_header;
use crate::options::StreamOptions;
use crate::patience::Patience;
use crate::replay::Replay;
use crate::retry::Retry;
use crate::session::Session;
use crate::source::Source;
use driver::Driver;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::Stream;
use tokio_util::task::AbortOnDropHandle;
use undertone_proto::v1;
use v1::control::Action;

/// Things to say that wait for their turn; then whoever says more waits.
const CONTROL_QUEUE: usize = 16;

/// The events of a stream, in order. Dropping it ends the stream. It lives in a task of the runtime that it was opened in.
pub struct EventStream {
    events: mpsc::Receiver<Result<Event, ClientError>>,
    controls: Controls,
    _task: AbortOnDropHandle<()>,
}

/// Says something to the server beside the audio.
#[derive(Debug, Clone)]
pub struct Controls(mpsc::Sender<Action>);

/// How long the calls of a stream go on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Persistence {
    pub(crate) retry: Retry,
    /// For the whole stream.
    pub(crate) timeout: Option<Duration>,
}

impl EventStream {
    /// A stream over calls that `dial` opens: to a server, or to services in the same process.
    pub fn over(dial: Arc<dyn Dial>, source: Source, options: &StreamOptions, retry: Retry) -> Self {
        Self::begin(dial, source, options, Persistence { retry, timeout: None })
    }

    pub(crate) fn begin(
        dial: Arc<dyn Dial>,
        source: Source,
        options: &StreamOptions,
        persistence: Persistence,
    ) -> Self {
        let resumable = options.resume && !has_header(&source.format);
        let config = options.asked.to_config(Some(source.format));
        let (events, receiver) = mpsc::channel(options.event_queue.max(1));
        let (controls, actions) = mpsc::channel(CONTROL_QUEUE);
        let driver = Driver {
            dial,
            session: Session::new(v1::RecognitionConfig { resumable, ..config }),
            replay: Replay::new(options.replay_bytes.max(1)),
            source: source.chunks,
            events,
            actions,
            patience: Patience::new(persistence.retry),
            deadline: persistence.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        };
        let task = AbortOnDropHandle::new(tokio::spawn(driver.run()));
        Self { events: receiver, controls: Controls(controls), _task: task }
    }

    /// The next event; `None` behind the last one and behind an error.
    pub async fn next(&mut self) -> Option<Result<Event, ClientError>> {
        self.events.recv().await
    }

    /// Says something to the server while somebody else listens.
    pub fn controls(&self) -> Controls {
        self.controls.clone()
    }

    /// Listens to the end, and gives everything as `Recognize` does.
    ///
    /// # Errors
    /// When the stream ends before its source does.
    pub async fn collect(mut self) -> Result<v1::RecognizeResponse, ClientError> {
        let mut response = v1::RecognizeResponse::default();
        let mut updates: Vec<v1::Result> = Vec::new();
        while let Some(event) = self.next().await {
            match event? {
                Event::Started(started) => {
                    response.stream_id = started.stream_id;
                    response.model = started.model;
                    response.participation = started.participation;
                }
                Event::Interrupted { .. } => updates.clear(),
                Event::Interim(result) => updates.push(*result),
                Event::Final(result) => {
                    let is_own = |update: &v1::Result| update.utterance == result.utterance;
                    let (own, later) = updates.into_iter().partition(is_own);
                    updates = later;
                    response.utterances.push(v1::Utterance { result: Some(*result), updates: own });
                }
                Event::Warning(warning) => response.warnings.push(warning),
                Event::Ended(ended) if ended.reason() == v1::ended::Reason::Finished => {
                    response.audio_duration = ended.audio_duration;
                }
                Event::Ended(_) => {
                    let why = "the server ended the stream before it had heard everything".to_owned();
                    return Err(ClientError::Broken { why });
                }
                Event::Resumed(_) | Event::Speech(_) => {}
            }
        }
        Ok(response)
    }
}

impl Stream for EventStream {
    type Item = Result<Event, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_recv(context)
    }
}

impl Controls {
    /// Asks for an update about the utterance so far. On a stream that is over it does nothing.
    pub async fn flush(&self) {
        let _ = self.0.send(Action::Flush(v1::Flush {})).await;
    }

    /// Ends the utterance behind the audio that was taken from the source so far. On a stream that is over it does nothing.
    pub async fn end_utterance(&self) {
        let _ = self.0.send(Action::EndUtterance(v1::EndUtterance {})).await;
    }
}
