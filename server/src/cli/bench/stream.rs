//! One stream of a load, from its opening to its last word.

use super::paced::PacedRequests;
use super::schedule::Schedule;
use super::tally::{Answer, Observation, Outcome};
use std::ops::Range;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status};
use undertone_client::Line;
use undertone_core::{PIPELINE_RATE, TimeParts};
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_response::Message as Tell;

/// A stream that is about to be opened.
pub(super) struct LoadStream {
    pub(super) client: RecognizerClient<Line>,
    pub(super) requests: PacedRequests,
    pub(super) hearing: Hearing,
}

/// What is to be known about a stream's answers.
#[derive(Debug, Clone)]
pub(super) struct Hearing {
    pub(super) schedule: Schedule,
    pub(super) epoch: Instant,
    /// Answers whose last sample arrives in here are measured.
    pub(super) measured: Range<Duration>,
    /// The stream is given up so long after its last audio.
    pub(super) patience: Duration,
}

impl LoadStream {
    /// Opens the stream when its time has come and tells what it sees. `observations` is bounded: when it is full the
    /// stream waits, and what waits has its time of arrival already.
    pub(super) async fn run(self, observations: mpsc::Sender<Observation>) {
        let Self { mut client, requests, hearing } = self;
        tokio::time::sleep_until(hearing.epoch + hearing.schedule.start).await;
        let give_up = hearing.epoch + hearing.schedule.end() + hearing.patience;
        let heard = async {
            match client.streaming_recognize(requests).await {
                Ok(replies) => hearing.listen(replies.into_inner(), &observations).await,
                Err(status) => refusal(&status),
            }
        };
        let outcome = timeout_at(give_up, heard).await.unwrap_or_else(|_| hearing.silent());
        // Fails only when nobody counts any more.
        let _ = observations.send(Observation::Over(outcome)).await;
    }
}

impl Hearing {
    async fn listen(
        &self,
        mut replies: tonic::Streaming<v1::StreamingRecognizeResponse>,
        observations: &mpsc::Sender<Observation>,
    ) -> Outcome {
        let (mut begun, mut last, mut received, mut outcome) = (false, 0, 0, None);
        loop {
            match replies.message().await.map(|reply| reply.map(|reply| reply.message)) {
                Ok(Some(Some(Tell::Result(result)))) => {
                    last = last.max(result.sequence);
                    received += 1;
                    let answer = self.answer(&result);
                    let _ = observations.send(Observation::Answer(answer)).await;
                }
                Ok(Some(Some(Tell::Started(_)))) => begun = true,
                Ok(Some(Some(Tell::Ended(ended)))) => outcome = Some(last_word(&ended, last - received)),
                Ok(Some(_)) => {}
                Ok(None) => return outcome.unwrap_or_else(without_last_word),
                Err(status) if begun => return failure(&status),
                Err(status) => return refusal(&status),
            }
        }
    }

    fn answer(&self, result: &v1::Result) -> Answer {
        let now = self.epoch.elapsed();
        let parts = result.time_parts.unwrap_or_default();
        let needed = PIPELINE_RATE.samples_in(std_duration(result.audio_processed));
        let arrived = self.schedule.arrival(needed);
        // At a stream's end the rest is answered in one go, which says nothing about a stream that goes on.
        let at_end = result.trigger() == v1::ResultTrigger::EndOfStream;
        let measured = self.measured.contains(&arrived) && !at_end;
        Answer {
            is_final: result.is_final,
            latency: measured.then(|| now.saturating_sub(arrived)),
            parts: TimeParts {
                queue: std_duration(parts.queue),
                features: std_duration(parts.features),
                inference: std_duration(parts.inference),
            },
        }
    }

    fn silent(&self) -> Outcome {
        let sentence = format!("no last word came within {} s of the last audio", self.patience.as_secs());
        Outcome::Failed(Code::DeadlineExceeded, sentence)
    }
}

/// `missing` results left a gap in the numbers.
fn last_word(ended: &v1::Ended, missing: u64) -> Outcome {
    match ended.reason() {
        v1::ended::Reason::Finished => Outcome::Ended {
            samples: PIPELINE_RATE.samples_in(std_duration(ended.audio_duration)),
            updates_dropped: missing.max(ended.updates_dropped),
        },
        reason => Outcome::Failed(
            Code::Unavailable,
            format!("the server ended the stream early ({})", reason.as_str_name()),
        ),
    }
}

fn without_last_word() -> Outcome {
    Outcome::Failed(Code::Unknown, "the stream ended without a last word".into())
}

/// A server that is full is no server that fails.
fn refusal(status: &Status) -> Outcome {
    match status.code() {
        Code::ResourceExhausted => Outcome::Refused(status.message().to_owned()),
        _ => failure(status),
    }
}

fn failure(status: &Status) -> Outcome {
    Outcome::Failed(status.code(), status.message().to_owned())
}

fn std_duration(duration: Option<prost_types::Duration>) -> Duration {
    duration.and_then(|duration| duration.try_into().ok()).unwrap_or_default()
}
