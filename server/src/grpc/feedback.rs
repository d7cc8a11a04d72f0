//! `undertone.v1.Feedback`.

use super::status;
use crate::access::Caller;
use crate::experiments::Refusal;
use crate::recognition::Recognition;
use crate::wire_time;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tonic::{Request, Response, Status};
use tonic_types::FieldViolation;
use undertone_core::{Model, PIPELINE_RATE, SampleRange, UnixMicros};
use undertone_proto::v1;
use undertone_store::{FeedbackAbout, FeedbackRow, FeedbackVerdict};
use uuid::Uuid;
use v1::judgement::{About, Verdict};

/// Clocks may be ahead of this one by so many microseconds: a day.
const CLOCKS_APART: i64 = 86_400_000_000;
/// A call with many mistakes names so many.
const MOST_MISTAKES: usize = 20;

/// Takes what people say about answers.
#[derive(Clone)]
pub struct FeedbackService {
    recognition: Arc<Recognition>,
    max_items: usize,
}

impl FeedbackService {
    /// A service over `recognition`'s store, of so many judgements in a call.
    pub fn new(recognition: Arc<Recognition>, max_items: usize) -> Self {
        Self { recognition, max_items }
    }

    /// Labels that no model answers with.
    fn unknown_labels(&self, rows: Vec<FeedbackRow>) -> Vec<String> {
        let ready = self.recognition.models.ready();
        let known: HashSet<&String> = ready.list().flat_map(|model| model.labels()).collect();
        if known.is_empty() {
            return Vec::new();
        }
        let label = |row: FeedbackRow| match row.verdict {
            FeedbackVerdict::Label(label) => Some(label),
            FeedbackVerdict::Correct(_) => None,
        };
        let unknown = rows.into_iter().filter_map(label).filter(|label| !known.contains(label));
        unknown.collect::<BTreeSet<String>>().into_iter().collect()
    }

    fn checked(&self, tenant: &str, judgements: Vec<v1::Judgement>) -> Result<Vec<FeedbackRow>, Status> {
        if judgements.len() > self.max_items {
            let sentence =
                format!("{} judgements: give at most {} in a call", judgements.len(), self.max_items);
            return Err(status::bad_field("judgements", sentence));
        }
        let longest = self.recognition.settings.max_label_bytes;
        let now = self.recognition.clock.now();
        let (mut rows, mut violations) = (Vec::with_capacity(judgements.len()), Vec::new());
        for (place, judgement) in judgements.into_iter().enumerate() {
            match row(tenant, judgement, (now, longest)) {
                Ok(row) => rows.push(row),
                Err((field, sentence)) => {
                    violations.push(FieldViolation::new(format!("judgements[{place}].{field}"), sentence));
                }
            }
        }
        if violations.is_empty() {
            return Ok(rows);
        }
        violations.truncate(MOST_MISTAKES);
        Err(status::bad_request(violations))
    }
}

#[tonic::async_trait]
impl v1::feedback_server::Feedback for FeedbackService {
    async fn give_feedback(
        &self,
        request: Request<v1::GiveFeedbackRequest>,
    ) -> Result<Response<v1::GiveFeedbackResponse>, Status> {
        let caller = Caller::of(&request);
        let rows = self.checked(caller.tenant(), request.into_inner().judgements)?;
        let store = self.recognition.experiments.catalog.store();
        let store = store.ok_or_else(|| status::about_experiment(&Refusal::NoStore("nothing is kept")))?;
        let kept = store.give_feedback(&rows).await;
        let new = kept.map_err(|error| status::about_experiment(&Refusal::Store(error)))?;
        self.recognition.metrics.experiments.feedback.inc_by(new as u64);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (accepted, known) = (count(new), count(rows.len() - new));
        let unknown_labels = self.unknown_labels(rows);
        Ok(Response::new(v1::GiveFeedbackResponse { accepted, known, unknown_labels }))
    }
}

/// The row of a judgement; else the wrong field, and a sentence.
fn row(
    tenant: &str,
    judgement: v1::Judgement,
    (now, longest): (UnixMicros, usize),
) -> Result<FeedbackRow, (&'static str, String)> {
    let v1::Judgement { id, source, said_at, about, verdict } = judgement;
    let not_a_uuid = |field| move |_| (field, "it is not a UUID".to_owned());
    let id = match id.as_str() {
        "" => Uuid::now_v7(),
        id => id.parse().map_err(not_a_uuid("id"))?,
    };
    let about = match about {
        None => return Err(("about", "name a prediction or an interval".to_owned())),
        Some(About::PredictionId(id)) => {
            FeedbackAbout::Prediction(id.parse().map_err(not_a_uuid("prediction_id"))?)
        }
        Some(About::Interval(interval)) => interval_of(&interval)?,
    };
    let verdict = match verdict {
        None => return Err(("verdict", "say the right label, or whether the answer is right".to_owned())),
        Some(Verdict::Label(label)) => FeedbackVerdict::Label(text("label", label, longest)?),
        Some(Verdict::Correct(correct)) => FeedbackVerdict::Correct(correct),
    };
    let said_at = said_at.map(|at| time_of(&at, now)).transpose()?;
    Ok(FeedbackRow {
        tenant: tenant.to_owned(),
        id,
        about,
        verdict,
        source: text("source", source, longest)?,
        said_at: said_at.unwrap_or(now),
        received_at: now,
    })
}

/// When something was said: since 1970, and not before it was heard of but for clocks that are apart.
fn time_of(at: &prost_types::Timestamp, now: UnixMicros) -> Result<UnixMicros, (&'static str, String)> {
    let latest = UnixMicros(now.0.saturating_add(CLOCKS_APART));
    let wrong = || ("said_at", "it lies before 1970, or more than a day ahead".to_owned());
    wire_time::moment(at).filter(|at| *at <= latest).ok_or_else(wrong)
}

fn interval_of(interval: &v1::StreamInterval) -> Result<FeedbackAbout, (&'static str, String)> {
    let stream = interval.stream_id.parse();
    let stream = stream.map_err(|_| ("interval.stream_id", "it is not a UUID".to_owned()))?;
    let samples = |own: Option<prost_types::Duration>| {
        let duration = Duration::try_from(own.unwrap_or_default()).ok()?;
        Some(PIPELINE_RATE.samples_in(duration))
    };
    match (samples(interval.start), samples(interval.end)) {
        (Some(start), Some(end)) if start < end => {
            Ok(FeedbackAbout::Interval(stream, SampleRange { start, end }))
        }
        _ => Err(("interval", "it does not end behind its start".to_owned())),
    }
}

fn text(field: &'static str, text: String, longest: usize) -> Result<String, (&'static str, String)> {
    if text.trim().is_empty() {
        return Err((field, "it is empty".to_owned()));
    }
    if text.len() > longest || text.chars().any(char::is_control) {
        return Err((field, format!("it is longer than {longest} bytes, or holds control characters")));
    }
    Ok(text)
}
