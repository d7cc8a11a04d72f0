//! The answers of an experiment's arms, with what people said about them.

use crate::columns::{Misfit, narrowed};
use crate::{FeedbackAbout, FeedbackRow, FeedbackVerdict};
use sqlx::types::Json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use undertone_core::{Labels, PIPELINE_RATE, PredictionId, Role, SampleRange, StreamId, UnixMicros};

/// Which answers are wanted.
#[derive(Debug, Clone, Copy)]
pub struct EvidenceQuery<'a> {
    /// Whose answers; feedback of others does not count.
    pub tenant: &'a str,
    /// The arms' common beginning, as `NAME/`.
    pub prefix: &'a str,
    /// At most so many.
    pub limit: u32,
    /// Which ones, where there are more.
    pub first: Reading,
}

/// Which answers are read where there are more than are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The oldest: what was read once stays what it was when more come, as intervals for many looks need it.
    Oldest,
    /// The newest: what happens now.
    Newest,
    /// The oldest of those that were made at the first moment or later, and before the second one.
    Between(UnixMicros, UnixMicros),
}

/// One final answer of an arm.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedAnswer {
    /// Which answer.
    pub prediction_id: PredictionId,
    /// Of which stream.
    pub stream_id: StreamId,
    /// Which utterance of the stream.
    pub utterance: u32,
    /// Who was heard: the stored subject key, else the stream.
    pub subject: String,
    /// When its stream was opened, and got its arm.
    pub opened_at: UnixMicros,
    /// When it was made.
    pub created_at: UnixMicros,
    /// The arm, as it stands in its row.
    pub arm: String,
    /// Live or shadow.
    pub role: Role,
    /// The model, as `NAME@VERSION`.
    pub model: String,
    /// The model's labels.
    pub labels: Vec<String>,
    /// One per label.
    pub probabilities: Vec<f32>,
    /// The most probable label.
    pub top: String,
    /// Its probability.
    pub confidence: f64,
    /// Whether the model was too unsure.
    pub abstained: bool,
    /// Waiting, features and model.
    pub latency: Duration,
    /// Waiting alone.
    pub waited: Duration,
    /// Features and model.
    pub work: Duration,
    /// How long the audio is.
    pub audio: Duration,
    /// The labels of its stream.
    pub stream_labels: Arc<Labels>,
    /// What was said last about this audio, with when it was said.
    pub verdict: Option<(FeedbackVerdict, UnixMicros)>,
    /// When something was first said about this audio.
    pub first_said: Option<UnixMicros>,
    /// Whether the verdict was about this very answer, and not about the audio or another model's answer about it.
    pub own_verdict: bool,
}

/// The answers of an experiment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The oldest first.
    pub answers: Vec<JudgedAnswer>,
    /// Answers beyond those that were asked for; of those between two moments 1 where there are more.
    pub left_out: u64,
    /// Rows of feedback about the answers, corrected ones included.
    pub feedback: usize,
}

#[derive(sqlx::FromRow)]
pub(crate) struct AnswerColumns {
    id: String,
    stream_id: String,
    utterance: i64,
    pub(super) created_at_micros: i64,
    opened_at_micros: i64,
    arm: String,
    role: String,
    model: String,
    start_samples: i64,
    end_samples: i64,
    labels: Json<Vec<String>>,
    probabilities: Json<Vec<f32>>,
    top: String,
    confidence: f64,
    abstained: bool,
    answer_micros: i64,
    work_micros: i64,
    subject: String,
    stream_labels: Json<Labels>,
    queue_micros: i64,
}

impl TryFrom<AnswerColumns> for (JudgedAnswer, SampleRange) {
    type Error = Misfit;

    fn try_from(columns: AnswerColumns) -> Result<Self, Misfit> {
        let micros = |value: i64| Duration::from_micros(value.unsigned_abs());
        let range = SampleRange {
            start: columns.start_samples.unsigned_abs(),
            end: columns.end_samples.unsigned_abs(),
        };
        let answer = JudgedAnswer {
            prediction_id: columns.id.parse().map_err(|_| Misfit::new("id", "not a UUID"))?,
            stream_id: columns.stream_id.parse().map_err(|_| Misfit::new("stream_id", "not a UUID"))?,
            utterance: narrowed("utterance", columns.utterance)?,
            subject: columns.subject,
            opened_at: UnixMicros(columns.opened_at_micros),
            created_at: UnixMicros(columns.created_at_micros),
            arm: columns.arm,
            role: if columns.role == Role::Shadow.name() { Role::Shadow } else { Role::Live },
            model: columns.model,
            labels: columns.labels.0,
            probabilities: columns.probabilities.0,
            top: columns.top,
            confidence: columns.confidence.clamp(0.0, 1.0),
            abstained: columns.abstained,
            latency: micros(columns.answer_micros),
            waited: micros(columns.queue_micros),
            work: micros(columns.work_micros),
            audio: PIPELINE_RATE.duration_of(range.end.saturating_sub(range.start)),
            stream_labels: Arc::new(columns.stream_labels.0),
            verdict: None,
            first_said: None,
            own_verdict: false,
        };
        Ok((answer, range))
    }
}

impl Evidence {
    /// Joins answers with feedback, of which what was said last comes last.
    pub(super) fn joined(
        mut answers: Vec<(JudgedAnswer, SampleRange)>,
        feedback: Vec<FeedbackRow>,
        left_out: u64,
    ) -> Self {
        let mut by_stream: HashMap<StreamId, Vec<usize>> = HashMap::new();
        let mut by_id: HashMap<PredictionId, usize> = HashMap::new();
        for (place, (answer, _)) in answers.iter().enumerate() {
            by_stream.entry(answer.stream_id).or_default().push(place);
            by_id.insert(answer.prediction_id, place);
        }
        let count = feedback.len();
        for row in feedback {
            let places = match row.about {
                FeedbackAbout::Prediction(id) => same_audio(&answers, &by_stream, by_id.get(&id).copied()),
                FeedbackAbout::Interval(stream, range) => {
                    overlapping(&answers, by_stream.get(&stream), range)
                }
            };
            for place in places {
                let answer = &mut answers[place].0;
                answer.first_said.get_or_insert(row.said_at);
                answer.verdict = Some((row.verdict.clone(), row.said_at));
                answer.own_verdict = row.about == FeedbackAbout::Prediction(answer.prediction_id);
            }
        }
        Self { answers: answers.into_iter().map(|(answer, _)| answer).collect(), left_out, feedback: count }
    }
}

/// All models' answers about the utterance that the answer at `place` is about.
fn same_audio(
    answers: &[(JudgedAnswer, SampleRange)],
    by_stream: &HashMap<StreamId, Vec<usize>>,
    place: Option<usize>,
) -> Vec<usize> {
    let Some(own) = place.map(|place| &answers[place].0) else { return Vec::new() };
    let in_stream = by_stream.get(&own.stream_id).into_iter().flatten().copied();
    in_stream.filter(|place| answers[*place].0.utterance == own.utterance).collect()
}

/// The answers of which at least half lies in `range`.
fn overlapping(
    answers: &[(JudgedAnswer, SampleRange)],
    in_stream: Option<&Vec<usize>>,
    range: SampleRange,
) -> Vec<usize> {
    let shared = |own: SampleRange| own.end.min(range.end).saturating_sub(own.start.max(range.start));
    let most = |place: &usize| {
        let own = answers[*place].1;
        2 * shared(own) >= (own.end - own.start).max(1)
    };
    in_stream.into_iter().flatten().copied().filter(most).collect()
}
