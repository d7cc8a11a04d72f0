//! One request, from when it is due to its answer.

use super::tally::{Observation, Outcome};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};
use undertone_client::Line;
use undertone_proto::inference as wire;
use wire::grpc_inference_service_client::GrpcInferenceServiceClient;

/// A call without an answer for so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that is due.
pub(super) struct Call {
    pub(super) client: GrpcInferenceServiceClient<Line>,
    pub(super) request: wire::ModelInferRequest,
    /// When it was due, whenever it is sent.
    pub(super) due: Instant,
    pub(super) is_measured: bool,
}

impl Call {
    pub(super) async fn make(self) -> Observation {
        let Self { mut client, request, due, is_measured } = self;
        let answered = timeout(PATIENCE, client.model_infer(request)).await;
        let latency = Some(due.elapsed()).filter(|_| is_measured);
        let outcome = match answered {
            Ok(Ok(response)) if !response.get_ref().outputs.is_empty() => Outcome::Answered,
            Ok(Ok(_)) => Outcome::Failed(Code::Unknown, "the answer holds no output".into()),
            Ok(Err(status)) => of_status(&status),
            Err(_) => {
                let sentence = format!("no answer came within {} s", PATIENCE.as_secs());
                Outcome::Failed(Code::DeadlineExceeded, sentence)
            }
        };
        Observation { latency, outcome }
    }
}

/// A server that is full is no server that fails.
fn of_status(status: &Status) -> Outcome {
    match status.code() {
        Code::ResourceExhausted => Outcome::Refused,
        code => Outcome::Failed(code, status.message().to_owned()),
    }
}
