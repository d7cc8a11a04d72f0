//! What people said about answers: confusion, and how far confidence can be trusted.

use super::Figures;
use super::asked::Asked;
use super::figures::group_of;
use crate::access::Caller;
use crate::grpc::store_failed;
use std::collections::BTreeMap;
use tonic::Status;
use undertone_proto::v1;
use undertone_store::{GroupKey, JudgedRow};

const BINS: usize = 20;

impl Figures {
    pub(super) async fn judgements(
        &self,
        request: &v1::QueryJudgementsRequest,
        caller: &Caller,
    ) -> Result<v1::QueryJudgementsResponse, Status> {
        let v1::QueryJudgementsRequest { range, filter, group_by } = request;
        let query = Asked { range: *range, filter: filter.as_ref(), group_by, caller }.check(self)?;
        let rows = self.store.judged(&query).await.map_err(|error| store_failed(&error))?;
        let mut groups: BTreeMap<GroupKey, Vec<JudgedRow>> = BTreeMap::new();
        for row in rows {
            groups.entry(row.group.clone()).or_default().push(row);
        }
        let groups = groups.into_iter().map(|(group, rows)| of_group(&group, &rows));
        Ok(v1::QueryJudgementsResponse { groups: groups.collect() })
    }
}

fn of_group(group: &GroupKey, rows: &[JudgedRow]) -> v1::JudgedAnswers {
    let mut cells: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for row in rows {
        if let Some(truth) = &row.truth {
            *cells.entry((truth, &row.top)).or_default() += 1;
        }
    }
    let cell = |((truth, answer), answers): ((&str, &str), u64)| v1::ConfusionCell {
        truth: truth.to_owned(),
        answer: answer.to_owned(),
        answers,
    };
    let bins = bins(rows);
    let judged = rows.len() as u64;
    let distance = |bin: &v1::CalibrationBin| bin.answers as f64 * (bin.accuracy - bin.mean_confidence).abs();
    v1::JudgedAnswers {
        group: Some(group_of(group)),
        judged,
        right: rows.iter().filter(|row| row.right).count() as u64,
        without_truth: rows.iter().filter(|row| row.truth.is_none()).count() as u64,
        cells: cells.into_iter().map(cell).collect(),
        expected_calibration_error: bins.iter().map(distance).sum::<f64>() / judged.max(1) as f64,
        bins,
    }
}

fn bins(rows: &[JudgedRow]) -> Vec<v1::CalibrationBin> {
    let mut bins: BTreeMap<usize, (u64, f64, u64)> = BTreeMap::new();
    for row in rows {
        let bin = ((row.confidence * BINS as f64) as usize).min(BINS - 1);
        let (answers, confidence, right) = bins.entry(bin).or_default();
        *answers += 1;
        *confidence += row.confidence;
        *right += u64::from(row.right);
    }
    let bin = |(bin, (answers, confidence, right)): (usize, (u64, f64, u64))| v1::CalibrationBin {
        from: bin as f64 / BINS as f64,
        to: (bin + 1) as f64 / BINS as f64,
        answers,
        mean_confidence: confidence / answers as f64,
        accuracy: right as f64 / answers as f64,
    };
    bins.into_iter().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(top: &str, confidence: f64, truth: Option<&str>) -> JudgedRow {
        let truth = truth.map(str::to_owned);
        let right = truth.as_deref() == Some(top);
        JudgedRow { group: GroupKey::default(), top: top.to_owned(), confidence, truth, right }
    }

    #[test]
    fn confusion_and_calibration_are_those_of_the_rows() {
        let rows = [
            row("sad", 0.91, Some("sad")),
            row("sad", 0.93, Some("calm")),
            row("calm", 0.31, Some("calm")),
            row("calm", 1.0, None),
        ];
        let group = of_group(&GroupKey::default(), &rows);
        assert_eq!((group.judged, group.right, group.without_truth), (4, 2, 1));
        let cells: Vec<_> =
            group.cells.iter().map(|own| (own.truth.as_str(), own.answer.as_str(), own.answers)).collect();
        assert_eq!(cells, [("calm", "calm", 1), ("calm", "sad", 1), ("sad", "sad", 1)]);
        assert_eq!(group.bins.iter().map(|bin| bin.answers).collect::<Vec<_>>(), [1, 2, 1]);
        // 0.69 of one, |0.5 - 0.92| of two, 1 of one.
        assert!((group.expected_calibration_error - (0.69 + 0.84 + 1.0) / 4.0).abs() < 1e-9);
    }
}
