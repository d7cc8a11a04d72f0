//! Counts answers as the rollups do.

use super::bins::{bin_of_confidence, bin_of_micros};
use super::{AnalyticsQuery, AnswerRow, Grouping, Measure};
use std::collections::BTreeMap;
use undertone_core::{InputMeasure, UnixMicros};

/// What the answers of a group have in common; none where they are not told apart by it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct GroupKey {
    /// Name of the model.
    pub model_name: Option<String>,
    /// Version of the model.
    pub model_version: Option<String>,
    /// Arm of an experiment; empty outside of them.
    pub arm: Option<String>,
    /// `live` or `shadow`.
    pub role: Option<String>,
}

/// Answers of a group, in a bucket of time, with the same most probable label.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TopRow {
    /// Start of the bucket, microseconds since 1970.
    pub bucket_micros: i64,
    /// The group.
    #[sqlx(flatten)]
    pub group: GroupKey,
    /// The label.
    pub top: String,
    /// How many answers.
    pub answers: i64,
    /// How many of them abstained.
    pub abstained: i64,
    /// Sum of their confidences, in millionths.
    pub confidence_micros: i64,
    /// Speech that they are about, in samples at 16 kHz.
    pub speech_samples: i64,
}

/// Answers of a group, in a bucket of time, of which a figure lies in a bin.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BinRow {
    /// Start of the bucket, microseconds since 1970.
    pub bucket_micros: i64,
    /// The group.
    #[sqlx(flatten)]
    pub group: GroupKey,
    /// The figure.
    #[sqlx(try_from = "String")]
    pub measure: Measure,
    /// The bin, see [`super::bin_start`].
    pub bin: i16,
    /// How many answers.
    pub answers: i64,
}

pub(super) fn tops(query: &AnalyticsQuery, answers: &[AnswerRow]) -> Vec<TopRow> {
    let mut tally: BTreeMap<(i64, GroupKey, &str), TopRow> = BTreeMap::new();
    for answer in answers {
        let (bucket, group) = place(query, answer);
        let row = tally.entry((bucket, group.clone(), answer.top.as_str())).or_insert_with(|| TopRow {
            bucket_micros: bucket,
            group,
            top: answer.top.clone(),
            answers: 0,
            abstained: 0,
            confidence_micros: 0,
            speech_samples: 0,
        });
        row.answers += 1;
        row.abstained += i64::from(answer.abstained);
        row.confidence_micros += (f64::from(answer.confidence as f32) * 1e6).round_ties_even() as i64;
        row.speech_samples += answer.speech_samples;
    }
    tally.into_values().collect()
}

pub(super) fn bins(query: &AnalyticsQuery, measures: &[Measure], answers: &[AnswerRow]) -> Vec<BinRow> {
    let mut tally: BTreeMap<(i64, GroupKey, &str, i16), (Measure, i64)> = BTreeMap::new();
    for answer in answers {
        let (bucket, group) = place(query, answer);
        for &measure in measures {
            if let Some(bin) = bin_of(answer, measure) {
                let place = (bucket, group.clone(), measure.name(), bin);
                tally.entry(place).or_insert((measure, 0)).1 += 1;
            }
        }
    }
    let rows = tally.into_iter().map(|((bucket_micros, group, _, bin), (measure, answers))| BinRow {
        bucket_micros,
        group,
        measure,
        bin,
        answers,
    });
    rows.collect()
}

/// None where nothing is known.
fn bin_of(answer: &AnswerRow, measure: Measure) -> Option<i16> {
    match measure {
        Measure::Confidence => Some(bin_of_confidence(answer.confidence)),
        Measure::Queue => Some(bin_of_micros(answer.queue_micros)),
        Measure::Features => Some(bin_of_micros(answer.features_micros)),
        Measure::Inference => Some(bin_of_micros(answer.inference_micros)),
        Measure::Heard(measure) => heard(answer, measure).map(|value| measure.bin_of(value as f32) as i16),
    }
}

fn heard(answer: &AnswerRow, measure: InputMeasure) -> Option<f64> {
    match measure {
        InputMeasure::Level => answer.level_dbfs,
        InputMeasure::Snr => answer.snr_db,
        InputMeasure::Speech => answer.speech_share,
        InputMeasure::F0 => answer.f0_hz,
    }
}

fn place(query: &AnalyticsQuery, answer: &AnswerRow) -> (i64, GroupKey) {
    let Grouping { model, version, arm, role } = query.grouping;
    let group = GroupKey {
        model_name: model.then(|| answer.model_name.clone()),
        model_version: version.then(|| answer.model_version.clone()),
        arm: arm.then(|| answer.arm.clone()),
        role: role.then(|| answer.role.clone()),
    };
    (query.step.floor(UnixMicros(answer.created_at_micros)).0, group)
}
