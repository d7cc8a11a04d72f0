//! What is answered.

use super::Figures;
use super::asked::Asked;
use super::statistics::{jensen_shannon, kappa, stability_index};
use crate::access::Caller;
use crate::grpc::store_failed;
use crate::wire_time::timestamp;
use std::collections::{BTreeMap, BTreeSet};
use tonic::Status;
use undertone_core::{PIPELINE_RATE, UnixMicros};
use undertone_proto::v1;
use undertone_store::{AnalyticsQuery, BinRow, GroupKey, Measure, TopRow, bin_start};

const CONFIDENCE_BINS: usize = 20;
/// What an answer takes, part by part.
const PARTS: [Measure; 3] = [Measure::Queue, Measure::Features, Measure::Inference];

impl Figures {
    pub(super) async fn emotions(
        &self,
        request: &v1::QueryEmotionsRequest,
        caller: &Caller,
    ) -> Result<v1::QueryEmotionsResponse, Status> {
        let v1::QueryEmotionsRequest { range, filter, group_by } = request;
        let query = Asked { range: *range, filter: filter.as_ref(), group_by, caller }.check(self)?;
        let rows = self.store.tops(&query).await.map_err(|error| store_failed(&error))?;
        let mut series: BTreeMap<GroupKey, BTreeMap<i64, Vec<TopRow>>> = BTreeMap::new();
        for row in rows {
            series.entry(row.group.clone()).or_default().entry(row.bucket_micros).or_default().push(row);
        }
        let points = |buckets: BTreeMap<i64, Vec<TopRow>>| {
            buckets.into_iter().map(|(bucket, rows)| emotion_point(bucket, &rows)).collect()
        };
        let series = series.into_iter().map(|(group, buckets)| v1::EmotionSeries {
            group: Some(group_of(&group)),
            points: points(buckets),
        });
        Ok(v1::QueryEmotionsResponse { series: series.collect() })
    }

    pub(super) async fn confidence(
        &self,
        request: &v1::QueryConfidenceRequest,
        caller: &Caller,
    ) -> Result<v1::QueryConfidenceResponse, Status> {
        let v1::QueryConfidenceRequest { range, filter, group_by } = request;
        let query = Asked { range: *range, filter: filter.as_ref(), group_by, caller }.check(self)?;
        let histograms = self.confidence_bins(&query).await?.into_iter();
        let histogram = |(group, bins)| v1::ConfidenceHistogram { group: Some(group_of(&group)), bins };
        Ok(v1::QueryConfidenceResponse { histograms: histograms.map(histogram).collect() })
    }

    pub(super) async fn latency(
        &self,
        request: &v1::QueryLatencyRequest,
        caller: &Caller,
    ) -> Result<v1::QueryLatencyResponse, Status> {
        let v1::QueryLatencyRequest { range, filter, group_by } = request;
        let query = Asked { range: *range, filter: filter.as_ref(), group_by, caller }.check(self)?;
        let rows = self.store.bins(&query, &PARTS).await.map_err(|error| store_failed(&error))?;
        let mut parts: BTreeMap<(Measure, GroupKey), BTreeMap<i64, Vec<BinRow>>> = BTreeMap::new();
        for row in rows {
            let part = parts.entry((row.measure, row.group.clone())).or_default();
            part.entry(row.bucket_micros).or_default().push(row);
        }
        let series = parts.into_iter().map(|((measure, group), buckets)| v1::LatencySeries {
            group: Some(group_of(&group)),
            part: measure.name().to_owned(),
            points: buckets.into_iter().map(|(at, rows)| latency_point(at, measure, &rows)).collect(),
        });
        Ok(v1::QueryLatencyResponse { series: series.collect() })
    }

    pub(super) async fn agreement(
        &self,
        request: &v1::QueryAgreementRequest,
        caller: &Caller,
    ) -> Result<v1::QueryAgreementResponse, Status> {
        let query = Asked { range: request.range, filter: None, group_by: &[], caller }.check(self)?;
        let rows = self.store.agreement(&query).await.map_err(|error| store_failed(&error))?;
        let mut pairs: BTreeMap<(String, String), Vec<v1::AgreementCell>> = BTreeMap::new();
        for row in rows {
            let left = format!("{}@{}", row.left_name, row.left_version);
            let right = format!("{}@{}", row.right_name, row.right_version);
            let utterances = row.utterances.unsigned_abs();
            let cell = v1::AgreementCell { left: row.left_top, right: row.right_top, utterances };
            pairs.entry((left, right)).or_default().push(cell);
        }
        let pairs = pairs.into_iter().map(|((left, right), cells)| pair(left, right, cells));
        Ok(v1::QueryAgreementResponse { pairs: pairs.collect() })
    }

    pub(super) async fn drift(
        &self,
        request: &v1::QueryDriftRequest,
        caller: &Caller,
    ) -> Result<v1::QueryDriftResponse, Status> {
        let v1::QueryDriftRequest { range, reference, filter, group_by } = request;
        let now = Asked { range: *range, filter: filter.as_ref(), group_by, caller }.check(self)?;
        let before =
            Asked { range: *reference, filter: filter.as_ref(), group_by, caller }.check_reference(self)?;
        // Two at a time, so that one question leaves room for others.
        let (tops, bins) = tokio::try_join!(self.top_counts(&now), self.confidence_bins(&now))?;
        let (tops_before, bins_before) =
            tokio::try_join!(self.top_counts(&before), self.confidence_bins(&before))?;
        let mut drifts = Vec::new();
        for (group, counts) in &tops {
            let (Some(earlier), Some(bins), Some(bins_earlier)) =
                (tops_before.get(group), bins.get(group), bins_before.get(group))
            else {
                continue;
            };
            let labels: BTreeSet<&String> = counts.keys().chain(earlier.keys()).collect();
            let of = |own: &BTreeMap<String, u64>| -> Vec<u64> {
                labels.iter().map(|label| own.get(*label).copied().unwrap_or(0)).collect()
            };
            let (here, there) = (of(counts), of(earlier));
            drifts.push(v1::Drift {
                group: Some(group_of(group)),
                answers: here.iter().sum(),
                reference_answers: there.iter().sum(),
                emotions_divergence: jensen_shannon(&here, &there),
                emotions_stability_index: stability_index(&here, &there),
                confidence_divergence: jensen_shannon(bins, bins_earlier),
                confidence_stability_index: stability_index(bins, bins_earlier),
            });
        }
        Ok(v1::QueryDriftResponse { drifts })
    }

    async fn confidence_bins(&self, query: &AnalyticsQuery) -> Result<BTreeMap<GroupKey, Vec<u64>>, Status> {
        let rows = self.store.bins(query, &[Measure::Confidence]).await;
        let rows = rows.map_err(|error| store_failed(&error))?;
        let mut groups: BTreeMap<GroupKey, Vec<u64>> = BTreeMap::new();
        for row in rows {
            let bins = groups.entry(row.group).or_insert_with(|| vec![0; CONFIDENCE_BINS]);
            let last = CONFIDENCE_BINS - 1;
            bins[usize::try_from(row.bin).unwrap_or(0).min(last)] += row.answers.unsigned_abs();
        }
        Ok(groups)
    }

    pub(super) async fn top_counts(
        &self,
        query: &AnalyticsQuery,
    ) -> Result<BTreeMap<GroupKey, BTreeMap<String, u64>>, Status> {
        let rows = self.store.tops(query).await.map_err(|error| store_failed(&error))?;
        let mut groups: BTreeMap<GroupKey, BTreeMap<String, u64>> = BTreeMap::new();
        for row in rows {
            *groups.entry(row.group).or_default().entry(row.top).or_default() += row.answers.unsigned_abs();
        }
        Ok(groups)
    }
}

pub(super) fn group_of(key: &GroupKey) -> v1::AnalyticsGroup {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let role = match key.role.as_deref() {
        Some("live") => v1::AnswerRole::Live,
        Some("shadow") => v1::AnswerRole::Shadow,
        _ => v1::AnswerRole::Unspecified,
    };
    v1::AnalyticsGroup {
        model: text(&key.model_name),
        version: text(&key.model_version),
        arm: text(&key.arm),
        role: role.into(),
    }
}

fn emotion_point(bucket: i64, rows: &[TopRow]) -> v1::EmotionPoint {
    let sum = |of: fn(&TopRow) -> i64| rows.iter().map(of).sum::<i64>().unsigned_abs();
    let answers = sum(|row| row.answers);
    let of_all = |count: f64| if answers == 0 { 0.0 } else { count / answers as f64 };
    let share = |row: &TopRow| v1::EmotionShare {
        label: row.top.clone(),
        answers: row.answers.unsigned_abs(),
        share: of_all(row.answers as f64),
    };
    v1::EmotionPoint {
        start: Some(timestamp(UnixMicros(bucket))),
        answers,
        abstained: sum(|row| row.abstained),
        mean_confidence: of_all(sum(|row| row.confidence_micros) as f64 / 1e6),
        speech_seconds: PIPELINE_RATE.seconds_of(sum(|row| row.speech_samples)),
        shares: rows.iter().map(share).collect(),
    }
}

fn latency_point(bucket: i64, measure: Measure, rows: &[BinRow]) -> v1::LatencyPoint {
    let answers: u64 = rows.iter().map(|row| row.answers.unsigned_abs()).sum();
    // The end of the bin in which the answer with this rank lies.
    let quantile = |share: f64| {
        let rank = (answers as f64 * share).ceil() as u64;
        let mut seen = 0;
        let bin = rows.iter().find(|row| {
            seen += row.answers.unsigned_abs();
            seen >= rank
        });
        bin.map_or(0.0, |row| bin_start(measure, row.bin + 1) / 1e6)
    };
    v1::LatencyPoint {
        start: Some(timestamp(UnixMicros(bucket))),
        answers,
        p50_seconds: quantile(0.5),
        p95_seconds: quantile(0.95),
        p99_seconds: quantile(0.99),
    }
}

fn pair(left: String, right: String, cells: Vec<v1::AgreementCell>) -> v1::ModelAgreement {
    let labels: BTreeSet<&str> =
        cells.iter().flat_map(|cell| [cell.left.as_str(), cell.right.as_str()]).collect();
    let places: BTreeMap<&str, usize> = labels.into_iter().zip(0..).collect();
    let counts: Vec<(usize, usize, u64)> = cells
        .iter()
        .map(|cell| (places[cell.left.as_str()], places[cell.right.as_str()], cell.utterances))
        .collect();
    let utterances: u64 = counts.iter().map(|cell| cell.2).sum();
    let same: u64 = counts.iter().filter(|cell| cell.0 == cell.1).map(|cell| cell.2).sum();
    v1::ModelAgreement {
        left,
        right,
        utterances,
        agreement: same as f64 / utterances as f64,
        kappa: kappa(&counts),
        cells,
    }
}
