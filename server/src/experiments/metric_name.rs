//! Metrics by name.

use crate::settings::parse_duration;
use undertone_experiments::Metric;

const KNOWN: &str = "accuracy, average_recall, recall:LABEL, calibration_error, brier, confidence, kappa, latency, \
     slow_answers:DURATION, processor_time and \
     processor_share";

/// The metric that a definition names.
pub(crate) fn parse(name: &str, labels: &[String]) -> Result<Metric, String> {
    let (kind, argument) = name.split_once(':').map_or((name, None), |(kind, rest)| (kind, Some(rest)));
    Ok(match (kind, argument) {
        ("accuracy", None) => Metric::Accuracy,
        ("average_recall", None) => Metric::AverageRecall,
        ("calibration_error", None) => Metric::CalibrationError,
        ("brier", None) => Metric::Brier,
        ("confidence", None) => Metric::Confidence,
        ("kappa", None) => Metric::Kappa,
        ("latency", None) => Metric::Latency,
        ("processor_time", None) => Metric::ProcessorTime,
        ("processor_share", None) => Metric::ProcessorShare,
        ("slow_answers", Some(bound)) => Metric::SlowAnswers {
            above: parse_duration(bound)
                .ok_or_else(|| format!("{name:?}: {bound:?} is no duration such as 500ms"))?,
        },
        ("recall", Some(label)) => Metric::Recall {
            label: labels.iter().position(|own| own == label).ok_or_else(|| {
                format!("{name:?}: the models have no label {label:?}; theirs are {}", labels.join(", "))
            })?,
        },
        _ => return Err(format!("{name:?} is no metric; there are {KNOWN}")),
    })
}

/// A metric's name, as [`parse`] takes it.
pub(crate) fn of(metric: Metric, labels: &[String]) -> String {
    match metric {
        Metric::Accuracy => "accuracy".to_owned(),
        Metric::AverageRecall => "average_recall".to_owned(),
        Metric::Recall { label } => format!("recall:{}", labels.get(label).map_or("?", String::as_str)),
        Metric::CalibrationError => "calibration_error".to_owned(),
        Metric::Brier => "brier".to_owned(),
        Metric::Confidence => "confidence".to_owned(),
        Metric::Kappa => "kappa".to_owned(),
        Metric::Latency => "latency".to_owned(),
        Metric::SlowAnswers { above } => format!("slow_answers:{}ms", above.as_millis()),
        Metric::ProcessorTime => "processor_time".to_owned(),
        Metric::ProcessorShare => "processor_share".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_read_by_the_name_it_is_written_by() {
        let labels = ["calm", "happy"].map(str::to_owned);
        for name in [
            "accuracy",
            "average_recall",
            "recall:happy",
            "slow_answers:500ms",
            "processor_time",
            "processor_share",
            "kappa",
        ] {
            assert_eq!(of(parse(name, &labels).unwrap(), &labels), name);
        }
        for wrong in ["acuracy", "recall", "recall:bored", "slow_answers:soon", "latency:1s"] {
            assert!(parse(wrong, &labels).unwrap_err().contains(wrong.split(':').next().unwrap()), "{wrong}");
        }
    }
}
