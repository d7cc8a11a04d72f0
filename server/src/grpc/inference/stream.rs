//! `ModelStreamInfer`: many requests over one call.

use super::InferenceService;
use super::tensor::shown;
use crate::access::Caller;
use crate::grpc::status;
use crate::recognition::Recognition;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tokio_util::task::AbortOnDropHandle;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use undertone_proto::inference as wire;

/// What a client is sent.
pub(super) type InferStream =
    Pin<Box<dyn Stream<Item = Result<wire::ModelStreamInferResponse, Status>> + Send>>;

const METHOD: &str = "inference.GRPCInferenceService/ModelStreamInfer";
/// With it, a client wants the first error as the call's own, and the call to end there.
const ERRORS_END: &str = "triton_grpc_error";
/// Says of an answer that no other one follows to its request.
const IS_LAST: &str = "triton_final_response";

type Answered = Result<wire::ModelInferResponse, (String, Status)>;

/// Requests as they come, and what is told about each, in their order.
pub(super) struct Intake {
    pub(super) service: InferenceService,
    pub(super) caller: Caller,
    /// Of the call.
    pub(super) metadata: MetadataMap,
}

impl Intake {
    /// Begins with each request of `asks` as it comes. At most `at_once` are under way; further ones wait in the
    /// connection, whose flow control slows the client.
    pub(super) fn answers<S>(self, asks: S, at_once: usize) -> InferStream
    where
        S: Stream<Item = Result<wire::ModelInferRequest, Status>> + Send + Unpin + 'static,
    {
        let errors_end = self.metadata.get(ERRORS_END).is_some_and(|own| own.as_bytes() == b"true");
        let recognition = self.service.recognition.clone();
        let (begun, answers) = mpsc::channel(at_once);
        tokio::spawn(self.take(asks, begun));
        let mut over = false;
        let mut count = Count(Some(recognition));
        let outcomes = ReceiverStream::new(answers).then(outcome).chain(tokio_stream::once(Outcome::End));
        Box::pin(outcomes.map_while(move |outcome| {
            if over {
                return None;
            }
            let reply = match outcome {
                Outcome::Of(answered) => told(answered, errors_end),
                Outcome::Over(end) => Err(end),
                Outcome::End => {
                    count.ended(Code::Ok);
                    return None;
                }
            };
            if let Err(end) = &reply {
                over = true;
                count.ended(end.code());
            }
            Some(reply)
        }))
    }

    /// Ends when the client does, when it is gone, and when the server shuts down.
    async fn take<S>(self, mut asks: S, begun: mpsc::Sender<Begun>)
    where
        S: Stream<Item = Result<wire::ModelInferRequest, Status>> + Send + Unpin + 'static,
    {
        loop {
            let Ok(place) = begun.reserve().await else { return };
            let asked = tokio::select! {
                asked = asks.next() => asked,
                () = self.service.stop.cancelled() => Some(Err(status::draining())),
                () = begun.closed() => return,
            };
            match asked {
                None => return,
                Some(Ok(request)) => place.send(Begun::Request(self.begin(request))),
                Some(Err(end)) => return place.send(Begun::Over(end)),
            }
        }
    }

    /// Works on one request in a task of its own, which ends with the call.
    fn begin(&self, request: wire::ModelInferRequest) -> AbortOnDropHandle<Answered> {
        let (service, caller) = (self.service.clone(), self.caller.clone());
        let metadata = self.metadata.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            let id = request.id.clone();
            let answered = service.answer(&metadata, request, &caller, METHOD).await;
            answered.map_err(|status| (id, status))
        }))
    }
}

enum Begun {
    Request(AbortOnDropHandle<Answered>),
    /// The call ends.
    Over(Status),
}

enum Outcome {
    Of(Answered),
    Over(Status),
    /// The client has asked all, and is told all.
    End,
}

async fn outcome(begun: Begun) -> Outcome {
    match begun {
        Begun::Over(end) => Outcome::Over(end),
        Begun::Request(task) => Outcome::Of(
            task.await
                .unwrap_or_else(|_| Err((String::new(), Status::internal("the request's task was lost")))),
        ),
    }
}

fn told(answered: Answered, errors_end: bool) -> Result<wire::ModelStreamInferResponse, Status> {
    match answered {
        Ok(mut answer) => {
            let is_last = wire::infer_parameter::ParameterChoice::BoolParam(true);
            let is_last = wire::InferParameter { parameter_choice: Some(is_last) };
            answer.parameters.insert(IS_LAST.into(), is_last);
            Ok(wire::ModelStreamInferResponse { error_message: String::new(), infer_response: Some(answer) })
        }
        Err((_, status)) if errors_end => Err(status),
        Err((id, status)) => Ok(wire::ModelStreamInferResponse {
            error_message: sentence(&id, &status),
            infer_response: Some(wire::ModelInferResponse { id, ..Default::default() }),
        }),
    }
}

/// With the id of the request, since many clients show this text alone.
fn sentence(id: &str, status: &Status) -> String {
    let said = format!("{}: {}", status::code_name(status.code()), status.message());
    if id.is_empty() { said } else { format!("[request id: {}] {said}", shown(id)) }
}

/// Counts the call once: when it is over, or as cancelled when its client leaves before.
struct Count(Option<Arc<Recognition>>);

impl Count {
    fn ended(&mut self, code: Code) {
        if let Some(recognition) = self.0.take() {
            recognition.count_call("ModelStreamInfer", code);
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.ended(Code::Cancelled);
    }
}
