//! The bins of histograms, the same as in the migrations of Postgres.

use undertone_core::InputMeasure;

/// A figure of answers whose spread is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// The probability of the most probable label.
    Confidence,
    /// Waiting for the worker, in microseconds.
    Queue,
    /// Decoding, resampling and features, in microseconds.
    Features,
    /// The model's run, in microseconds.
    Inference,
    /// What was heard.
    Heard(InputMeasure),
}

impl Measure {
    /// Every figure.
    pub const ALL: [Self; 8] = [
        Self::Confidence,
        Self::Queue,
        Self::Features,
        Self::Inference,
        Self::Heard(InputMeasure::Level),
        Self::Heard(InputMeasure::Snr),
        Self::Heard(InputMeasure::Speech),
        Self::Heard(InputMeasure::F0),
    ];

    /// As the rollups name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confidence => "confidence",
            Self::Queue => "queue",
            Self::Features => "features",
            Self::Inference => "inference",
            Self::Heard(measure) => measure.name(),
        }
    }
}

/// A name that no figure has.
#[derive(Debug, thiserror::Error)]
#[error("no figure of answers is called {0:?}")]
pub struct UnknownMeasure(String);

impl TryFrom<String> for Measure {
    type Error = UnknownMeasure;

    fn try_from(name: String) -> Result<Self, UnknownMeasure> {
        let found = Self::ALL.into_iter().find(|measure| measure.name() == name);
        found.ok_or(UnknownMeasure(name))
    }
}

/// Where a bin begins: bin n of confidence at n / 20, bin n of a time at 2^(n / 2) microseconds, bin 0 of a time at 0; those of
/// what was heard as [`InputMeasure::edges`] says.
pub fn bin_start(measure: Measure, bin: i16) -> f64 {
    match measure {
        Measure::Confidence => f64::from(bin) / 20.0,
        Measure::Heard(measure) => {
            let edges = measure.edges();
            f64::from(edges[usize::try_from(bin).unwrap_or(0).min(edges.len() - 1)])
        }
        _ if bin <= 0 => 0.0,
        _ => (f64::from(bin) / 2.0).exp2(),
    }
}

/// Of a confidence in single precision, as it is stored.
pub(crate) fn bin_of_confidence(confidence: f64) -> i16 {
    // Multiplied in double precision, as Postgres does it.
    ((f64::from(confidence as f32) * 20.0).floor() as i16).clamp(0, 19)
}

pub(crate) fn bin_of_micros(micros: i64) -> i16 {
    if micros < 2 { 0 } else { (2.0 * (micros as f64).ln() / std::f64::consts::LN_2 + 1e-9).floor() as i16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_between_the_starts_of_its_bin_and_of_the_next() {
        for micros in (0..2_000).chain([1 << 20, (1 << 20) - 1, 1 << 40, i64::MAX]) {
            let bin = bin_of_micros(micros);
            let (start, end) = (bin_start(Measure::Queue, bin), bin_start(Measure::Queue, bin + 1));
            // Borders that are no whole numbers of microseconds are a hair wide.
            assert!(
                start <= micros as f64 + 1e-6 * end && (micros as f64) < end * 1.000_001,
                "{micros} in {bin}"
            );
        }
    }

    #[test]
    fn every_confidence_has_one_of_twenty_bins() {
        assert_eq!([0.0, 0.049, 0.05, 0.5, 0.999, 1.0].map(bin_of_confidence), [0, 0, 1, 10, 19, 19]);
    }
}
