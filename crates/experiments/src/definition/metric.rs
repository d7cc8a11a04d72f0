//! What arms are compared by.

use std::fmt;
use std::time::Duration;

/// A figure of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Share of the judged answers that are right.
    Accuracy,
    /// Mean of the recalls of the labels that occur (unweighted average recall, Schuller et al. 2009).
    AverageRecall,
    /// Share of what has this label that was answered with it.
    Recall {
        /// The label's place in the list of labels.
        label: usize,
    },
    /// Expected calibration error (Naeini et al. 2015).
    CalibrationError,
    /// Squared distance between the probabilities and certainty of the truth (Brier 1950), from 0 to 2.
    Brier,
    /// Probability of the answer.
    Confidence,
    /// Cohen's kappa of truth and answer (Cohen 1960).
    Kappa,
    /// Mean latency in seconds.
    Latency,
    /// Share of the answers that took longer than this.
    SlowAnswers {
        /// The bound.
        above: Duration,
    },
    /// Mean processor time of an answer in seconds.
    ProcessorTime,
    /// Processor time of a second of audio, in seconds.
    ProcessorShare,
}

/// Which way a figure gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Metric {
    /// Which way it gets better. More confidence is not better by itself; it is watched as if it was.
    pub const fn better(self) -> Better {
        match self {
            Self::Accuracy | Self::AverageRecall | Self::Recall { .. } | Self::Confidence | Self::Kappa => {
                Better::Higher
            }
            Self::CalibrationError
            | Self::Brier
            | Self::Latency
            | Self::SlowAnswers { .. }
            | Self::ProcessorTime
            | Self::ProcessorShare => Better::Lower,
        }
    }

    /// Whether its intervals stay valid when they are looked at again and again. The others are neither means nor
    /// smooth functions of means, and have intervals for one look only.
    pub const fn is_sequential(self) -> bool {
        !matches!(self, Self::CalibrationError | Self::Kappa)
    }

    /// The width of the range of one answer's value; 0 when there is no bound.
    pub const fn range(self) -> f64 {
        match self {
            Self::Latency | Self::ProcessorTime | Self::ProcessorShare => 0.0,
            Self::Brier => 2.0,
            _ => 1.0,
        }
    }

    /// The lowest and the highest value that the figure can have.
    pub const fn bounds(self) -> (f64, f64) {
        match self {
            Self::Latency | Self::ProcessorTime | Self::ProcessorShare => (0.0, f64::INFINITY),
            Self::Brier => (0.0, 2.0),
            Self::Kappa => (-1.0, 1.0),
            _ => (0.0, 1.0),
        }
    }

    /// The lowest and the highest difference that two such figures can have.
    pub const fn difference_bounds(self) -> (f64, f64) {
        let (low, high) = self.bounds();
        (low - high, high - low)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accuracy => f.write_str("accuracy"),
            Self::AverageRecall => f.write_str("average recall"),
            Self::Recall { label } => write!(f, "recall of label {label}"),
            Self::CalibrationError => f.write_str("calibration error"),
            Self::Brier => f.write_str("Brier score"),
            Self::Confidence => f.write_str("confidence"),
            Self::Kappa => f.write_str("kappa"),
            Self::Latency => f.write_str("latency"),
            Self::SlowAnswers { above } => write!(f, "share of answers slower than {above:?}"),
            Self::ProcessorTime => f.write_str("processor time"),
            Self::ProcessorShare => f.write_str("processor time of a second of audio"),
        }
    }
}
