//! From stored rows to what the statistics look at.

use super::periods::Periods;
use crate::experiments::Kept;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use undertone_core::{Labels, PredictionId, Role, StreamId, UnixMicros};
use undertone_experiments::{ArmIndex, Judgement, Observation, Origin};
use undertone_store::{Evidence, FeedbackVerdict, JudgedAnswer};

/// What was counted on the way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Tallied {
    /// Live answers, without forced ones.
    pub(crate) live_answers: u64,
    /// Answers with feedback.
    pub(crate) judged: u64,
    /// Answers of models that listened along to audio of which it was said that the live answer is right or wrong, and not what
    /// would be right.
    pub(crate) unlabelled: u64,
    /// Rows of feedback, corrected ones included.
    pub(crate) feedback: u64,
    /// Answers whose labels are not the experiment's.
    pub(crate) unreadable: u64,
    /// How late feedback came, at most for half of the judged answers, in seconds.
    pub(crate) median_delay_seconds: Option<f64>,
}

type Item = (StreamId, u32);

/// What the statistics look at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// In the order in which they were made.
    pub(crate) answers: Vec<Observation>,
    /// The labels of each answer's stream.
    pub(crate) labels: Vec<Arc<Labels>>,
    /// The models that answered, as `NAME@VERSION`, by arm.
    pub(crate) models: Vec<BTreeSet<String>>,
    pub(crate) tallied: Tallied,
}

/// The observations of an experiment.
pub(crate) fn observations(kept: &Kept, (evidence, periods): (&Evidence, &Periods), now: UnixMicros) -> Seen {
    let patience = kept.document.patience();
    let judged = judged_answers(&evidence.answers);
    let mut tallied = Tallied { feedback: evidence.feedback as u64, ..Tallied::default() };
    let mut delays = Vec::new();
    let mut all = Vec::with_capacity(evidence.answers.len());
    let mut labels = Vec::with_capacity(evidence.answers.len());
    let mut models = vec![BTreeSet::new(); kept.arms().len()];
    let stops = stops(kept);
    for answer in &evidence.answers {
        let Some((arm, forced)) = kept.arm_of_column(&answer.arm) else { continue };
        let Some(mut own) = observation(kept, arm, answer) else {
            tallied.unreadable += 1;
            continue;
        };
        // The stream has the arm that was drawn when it was opened, however long it takes.
        own.period = u32::try_from(periods.at(answer.opened_at)).unwrap_or(u32::MAX);
        let gone = stops.iter().filter(|(_, since)| answer.created_at.0 >= *since);
        own.absent = gone.map(|(arm, _)| *arm).collect();
        let ripe = patience.is_none_or(|patience| is_ripe(answer, patience, now));
        own.judgement =
            if ripe { judgement(kept, answer, judged.get(&item(answer))) } else { Judgement::Unknown };
        if forced {
            own.origin = Origin::Forced;
        } else {
            tallied.live_answers += u64::from(answer.role == Role::Live);
            tallied.judged += u64::from(own.judgement != Judgement::Unknown);
            let is_unlabelled = answer.role == Role::Shadow && is_without_label(answer);
            tallied.unlabelled += u64::from(is_unlabelled && own.judgement == Judgement::Unknown);
            delays.extend(answer.verdict.as_ref().map(|(_, said)| delay(answer.created_at, *said)));
        }
        if let Some(models) = models.get_mut(arm.0).filter(|models| !models.contains(&answer.model)) {
            models.insert(answer.model.clone());
        }
        all.push(own);
        labels.push(answer.stream_labels.clone());
    }
    delays.sort_unstable_by(f64::total_cmp);
    tallied.median_delay_seconds = delays.get(delays.len() / 2).copied();
    Seen { answers: all, labels, models, tallied }
}

/// The arms that listened along until they were stopped, with since when they do not.
fn stops(kept: &Kept) -> Vec<(ArmIndex, i64)> {
    let listeners = kept.arms().iter().enumerate().filter(|(_, arm)| arm.role == Role::Shadow);
    let stopped = |(place, arm): (usize, &undertone_experiments::Arm)| {
        Some((ArmIndex(place), kept.progress.stopped(&arm.name)?.at_micros))
    };
    listeners.filter_map(stopped).collect()
}

/// Whether the time for feedback is over, and it came within. Answers whose feedback comes late would else join the arms one by
/// one, and an arm whose users are quicker to complain would look worse for a while.
fn is_ripe(answer: &JudgedAnswer, patience: Duration, now: UnixMicros) -> bool {
    let patience = i64::try_from(patience.as_micros()).unwrap_or(i64::MAX);
    let until = answer.created_at.0.saturating_add(patience);
    now.0 >= until && answer.first_said.is_some_and(|said| said.0 <= until)
}

fn item(answer: &JudgedAnswer) -> Item {
    (answer.stream_id, answer.utterance)
}

fn delay(made: UnixMicros, said: UnixMicros) -> f64 {
    (said.0 - made.0).max(0) as f64 / 1e6
}

/// For audio of which somebody said that an answer is right or wrong: that answer.
fn judged_answers(answers: &[JudgedAnswer]) -> HashMap<Item, PredictionId> {
    let mut judged = HashMap::new();
    // Who says so of an interval means what was sent.
    let live_first = answers.iter().filter(|own| own.role == Role::Live && !own.own_verdict);
    for answer in live_first.chain(answers.iter().filter(|own| own.own_verdict)) {
        if is_without_label(answer) {
            judged.insert(item(answer), answer.prediction_id);
        }
    }
    judged
}

fn is_without_label(answer: &JudgedAnswer) -> bool {
    matches!(answer.verdict, Some((FeedbackVerdict::Correct(_), _)))
}

/// Mere "right" and "wrong" judge the answer that they are about, and no other model's answer about the same audio: of a right
/// one it would be known that another label is wrong, of a wrong one not that another label is right, and models that listen
/// along would look worse than they are.
fn judgement(kept: &Kept, answer: &JudgedAnswer, judged: Option<&PredictionId>) -> Judgement {
    match &answer.verdict {
        Some((FeedbackVerdict::Label(label), _)) => {
            let place = kept.document.labels.iter().position(|own| own == label);
            // A label that no model knows: whatever was answered is wrong.
            place.map_or(Judgement::Wrong, Judgement::Truth)
        }
        Some((FeedbackVerdict::Correct(correct), _)) if judged == Some(&answer.prediction_id) => {
            if *correct {
                Judgement::Right
            } else {
                Judgement::Wrong
            }
        }
        Some((FeedbackVerdict::Correct(_), _)) | None => Judgement::Unknown,
    }
}

fn observation(kept: &Kept, arm: ArmIndex, answer: &JudgedAnswer) -> Option<Observation> {
    let labels = &kept.document.labels;
    let place = |label: &String| answer.labels.iter().position(|own| own == label);
    let order: Vec<usize> = labels.iter().map(place).collect::<Option<_>>()?;
    let probability = |place: &usize| answer.probabilities.get(*place).copied().map(f64::from);
    let probabilities: Vec<f64> = order.iter().map(probability).collect::<Option<_>>()?;
    Some(Observation {
        subject: answer.subject.clone(),
        item: format!("{}-{}", answer.stream_id, answer.utterance),
        arm,
        origin: Origin::Drawn,
        judgement: Judgement::Unknown,
        predicted: labels.iter().position(|own| *own == answer.top).filter(|_| !answer.abstained),
        probabilities,
        confidence: answer.confidence,
        latency: answer.latency,
        waited: answer.waited,
        processor: answer.work,
        audio: answer.audio,
        period: 0,
        absent: Vec::new(),
    })
}
