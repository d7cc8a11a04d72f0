//! `undertone.v1.Recognizer`.

use super::counted::CountedCall;
use super::deadline::Deadline;
use super::departure::UntilDeparture;
use super::request::CheckedRequest;
use super::streaming::{self, ReplyStream};
use super::{recorded, reply, request, spans, status};
use crate::access::Caller;
use crate::recognition::{Heard, Recognition, Source};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;
use tonic::{Code, Request, Response, Status, Streaming};
use undertone_core::{EndReason, Model, StreamId};
use undertone_engine::{Event, StreamEvents, StreamInput, Summary};
use undertone_proto::v1;
use undertone_telemetry::CallSpan;

/// Hears how something is said.
#[derive(Clone)]
pub struct RecognizerService {
    recognition: Arc<Recognition>,
}

impl RecognizerService {
    /// A service over `recognition`.
    pub fn new(recognition: Arc<Recognition>) -> Self {
        Self { recognition }
    }

    /// Answers `caller` about a whole recording.
    pub async fn recognize(
        &self,
        request: v1::RecognizeRequest,
        caller: Caller,
    ) -> Result<v1::RecognizeResponse, Status> {
        let mut span = spans::begin(&self.recognition, "undertone.v1.Recognizer/Recognize", &caller);
        let config = request.config.unwrap_or_default();
        let checked = request::check(config, Some(&request.audio), (&self.recognition, &caller));
        let answered = match checked {
            Ok(checked) => self.answer(checked, request.audio, &mut span).await,
            Err(status) => Err(status),
        };
        spans::end(&mut span, answered.as_ref().map(drop));
        answered
    }

    /// Answers about a whole recording, as a configuration says that was checked with it.
    pub(crate) async fn answer(
        &self,
        checked: CheckedRequest,
        audio: Bytes,
        span: &mut CallSpan,
    ) -> Result<v1::RecognizeResponse, Status> {
        let mut passage = checked.caller.enter().map_err(|refusal| self.recognition.refused(&refusal))?;
        let id = checked.id;
        spans::note_stream(span, id, &checked.model);
        let (input, events) = streaming::open(&self.recognition, &checked).await?;
        let source = checked.source(&self.recognition);
        // Feeding fails only when the stream ended early, and then the events say why. The recording is fed while its answers are taken: either alone would wait for the other.
        let (_, collected) = tokio::join!(feed(input, audio), self.collect(&source, span, events));
        let (mut response, summary) = self.ended(id, collected).await?;
        // The answer is there; what is owed keeps the next recording out.
        let _ = passage.pay(summary.samples, Instant::now());
        response.stream_id = id.to_string();
        response.model = Some(reply::model_ref(checked.model.reference()));
        response.participation = checked.participation.as_ref().map(|own| own.to_wire());
        response.audio_duration = Some(reply::at(summary.samples));
        Ok(response)
    }

    /// Answers `caller` while the messages come; the same as the call over the wire.
    pub async fn recognize_stream<S>(&self, asks: S, caller: Caller) -> Result<ReplyStream, Status>
    where
        S: tokio_stream::Stream<Item = Result<v1::StreamingRecognizeRequest, Status>>
            + Send
            + Unpin
            + 'static,
    {
        streaming::recognize(self.recognition.clone(), (caller, Deadline::default()), asks).await
    }

    /// Answers while the messages come, and counts a call that is refused; one that is opened counts itself at its end.
    pub(crate) async fn answer_stream<S>(
        &self,
        asks: S,
        caller: Caller,
        deadline: Deadline,
    ) -> Result<ReplyStream, Status>
    where
        S: tokio_stream::Stream<Item = Result<v1::StreamingRecognizeRequest, Status>>
            + Send
            + Unpin
            + 'static,
    {
        let counted = CountedCall::new(&self.recognition, "StreamingRecognize");
        let opened = streaming::recognize(self.recognition.clone(), (caller, deadline), asks).await;
        match &opened {
            Ok(_) => counted.goes_on(),
            Err(status) => counted.ended(status.code()),
        }
        opened
    }

    async fn collect(
        &self,
        source: &Source,
        span: &CallSpan,
        mut events: StreamEvents,
    ) -> Result<(v1::RecognizeResponse, Summary), (Status, Heard)> {
        let mut response = v1::RecognizeResponse::default();
        let mut updates: Vec<v1::Result> = Vec::new();
        let mut heard = Heard::default();
        loop {
            match events.next().await {
                None => return Err((status::worker_lost(), heard)),
                Some(Event::Failed(failure)) => return Err((status::stream_failed(failure), heard)),
                Some(Event::Ended(summary)) => return Ok((response, summary)),
                Some(Event::Speech(_) | Event::Acknowledged(_)) => {}
                Some(Event::Warning(warning)) => response.warnings.push(reply::warning(warning)),
                Some(Event::Answer(mut answer)) => {
                    let is_final = answer.trigger.is_final();
                    heard.samples = answer.audio_processed;
                    let result = recorded::result(&self.recognition, source, span, &mut answer)
                        .await
                        .map_err(|status| (status, heard))?;
                    heard.utterances += u32::from(is_final);
                    if is_final {
                        let (own, later) = updates
                            .into_iter()
                            .partition(|update: &v1::Result| update.utterance == result.utterance);
                        updates = later;
                        response.utterances.push(v1::Utterance { result: Some(result), updates: own });
                    } else {
                        updates.push(result);
                    }
                }
            }
        }
    }

    async fn ended(
        &self,
        id: StreamId,
        collected: Result<(v1::RecognizeResponse, Summary), (Status, Heard)>,
    ) -> Result<(v1::RecognizeResponse, Summary), Status> {
        match collected {
            Ok((response, summary)) => {
                let recorded = self.recognition.record_ended(id, &summary).await;
                recorded.map_err(|error| status::not_recorded("the end of the recording", &error))?;
                match summary.reason {
                    EndReason::Finished => Ok((response, summary)),
                    // The rest of the recording was not heard: half an answer would look like a whole one.
                    _ => Err(status::cut_short()),
                }
            }
            Err((status, heard)) => {
                self.recognition.record_broken(id, EndReason::Failed, heard).await;
                Err(status)
            }
        }
    }
}

async fn feed(input: StreamInput, audio: Bytes) -> Result<(), undertone_engine::StreamClosed> {
    input.audio(audio).await?;
    input.finish().await
}

#[tonic::async_trait]
impl v1::recognizer_server::Recognizer for RecognizerService {
    async fn recognize(
        &self,
        request: Request<v1::RecognizeRequest>,
    ) -> Result<Response<v1::RecognizeResponse>, Status> {
        let service = self.clone();
        let caller = Caller::of(&request);
        // In a task of its own, so that a recording whose client left is still recorded to its end.
        let counted = CountedCall::new(&self.recognition, "Recognize");
        let task = tokio::spawn(async move { service.recognize(request.into_inner(), caller).await });
        let answered = task.await.unwrap_or_else(|_| Err(Status::internal("the call's task was lost")));
        counted.ended(answered.as_ref().map_or_else(Status::code, |_| Code::Ok));
        answered.map(Response::new)
    }

    type StreamingRecognizeStream = ReplyStream;

    async fn streaming_recognize(
        &self,
        request: Request<Streaming<v1::StreamingRecognizeRequest>>,
    ) -> Result<Response<ReplyStream>, Status> {
        let caller = Caller::of(&request);
        let deadline = Deadline::of_call(request.metadata());
        let (_, extensions, asks) = request.into_parts();
        let asks = UntilDeparture::new(asks, &extensions);
        self.answer_stream(asks, caller, deadline).await.map(Response::new)
    }
}
