//! Figures as people read them.

use crate::experiments::metric_name_of;
use undertone_experiments::{Interval, Metric};

/// A metric's name for people.
pub(crate) fn name(metric: Metric, labels: &[String]) -> String {
    match metric {
        Metric::Recall { label } => {
            format!("recall of {}", labels.get(label).map_or("?", String::as_str))
        }
        Metric::ProcessorShare => "processor per second".to_owned(),
        other => metric_name_of(other, labels).replace('_', " "),
    }
}

/// The unit, and by how much a figure is multiplied for it.
pub(crate) fn unit(metric: Metric) -> (&'static str, f64) {
    match metric {
        Metric::Latency | Metric::ProcessorTime => ("ms", 1000.0),
        Metric::ProcessorShare => ("ms/s", 1000.0),
        Metric::Brier | Metric::Kappa => ("", 1.0),
        _ => ("%", 100.0),
    }
}

/// The unit of a difference, with the space in front of it.
pub(crate) fn of_difference(unit: &str) -> String {
    match unit {
        "" => String::new(),
        "%" => " points".to_owned(),
        other => format!(" {other}"),
    }
}

/// A difference of shares with its interval, in points.
pub(crate) fn points(interval: &Interval) -> String {
    change(Metric::Accuracy, Some(interval.value), Some(interval))
}

/// A p-value.
pub(crate) fn p_value(p: f64) -> String {
    if p < 1e-4 { "below 0.0001".to_owned() } else { format!("{p:.4}") }
}

/// Digits behind the point.
pub(crate) fn digits(metric: Metric) -> usize {
    match metric {
        Metric::Brier | Metric::Kappa => 3,
        _ => 1,
    }
}

/// A figure with its interval, as `69.0 % (64.1 to 73.9)`.
pub(crate) fn figure(metric: Metric, value: Option<f64>, interval: Option<&Interval>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let ((unit, factor), digits) = (unit(metric), digits(metric));
    let mut text = format!("{:.digits$}", value * factor);
    if !unit.is_empty() {
        text.push(' ');
        text.push_str(unit);
    }
    if let Some(Interval { low, high, .. }) = interval {
        text.push_str(&format!(" ({:.digits$} to {:.digits$})", low * factor, high * factor));
    }
    text
}

/// A difference with its interval, as `+3.1 points (1.2 to 5.0)`.
pub(crate) fn change(metric: Metric, value: Option<f64>, interval: Option<&Interval>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let ((unit, factor), digits) = (unit(metric), digits(metric));
    let unit = of_difference(unit);
    let mut text = format!("{:+.digits$}{unit}", value * factor);
    if let Some(Interval { low, high, .. }) = interval {
        text.push_str(&format!(" ({:+.digits$} to {:+.digits$})", low * factor, high * factor));
    }
    text
}
