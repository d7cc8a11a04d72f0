//! Sample rates and positions. Positions count samples from the stream's start and only grow.

use std::num::NonZeroU32;
use std::time::Duration;

/// The rate at which everything behind the decoder works: 16 kHz mono.
pub const PIPELINE_RATE: SampleRate = SampleRate(NonZeroU32::new(16_000).expect("not zero"));

/// Samples per second, between 8 kHz and 48 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SampleRate(NonZeroU32);

/// A rate outside what Undertone accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sample rate {0} Hz is not supported: give one from {min} to {max} Hz", min = SampleRate::MIN_HZ, max = SampleRate::MAX_HZ)]
pub struct UnsupportedRate(pub u32);

impl SampleRate {
    /// Lowest accepted rate in Hz (telephone speech).
    pub const MIN_HZ: u32 = 8_000;
    /// Highest accepted rate in Hz.
    pub const MAX_HZ: u32 = 48_000;

    /// Accepts `hz` when it lies between [`Self::MIN_HZ`] and [`Self::MAX_HZ`].
    pub fn new(hz: u32) -> Result<Self, UnsupportedRate> {
        match NonZeroU32::new(hz) {
            Some(rate) if (Self::MIN_HZ..=Self::MAX_HZ).contains(&hz) => Ok(Self(rate)),
            _ => Err(UnsupportedRate(hz)),
        }
    }

    /// The rate in Hz.
    pub const fn hz(self) -> u32 {
        self.0.get()
    }

    /// How many samples `duration` holds at this rate, rounded down.
    pub fn samples_in(self, duration: Duration) -> u64 {
        let samples = duration.as_nanos() * u128::from(self.hz()) / 1_000_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    /// How long `samples` last at this rate.
    pub fn duration_of(self, samples: u64) -> Duration {
        let nanos = u128::from(samples) * 1_000_000_000 / u128::from(self.hz());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Seconds that `samples` last at this rate.
    pub fn seconds_of(self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.hz())
    }
}

/// A half-open interval `[start, end)` of samples at [`PIPELINE_RATE`], from the stream's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SampleRange {
    /// First sample inside.
    pub start: u64,
    /// First sample behind.
    pub end: u64,
}

impl SampleRange {
    /// Number of samples inside.
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether no sample is inside.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_outside_8_to_48_khz_are_refused() {
        for hz in [0, 7_999, 48_001, u32::MAX] {
            assert_eq!(SampleRate::new(hz), Err(UnsupportedRate(hz)));
        }
        assert_eq!(SampleRate::new(44_100).map(SampleRate::hz), Ok(44_100));
    }

    #[test]
    fn durations_and_samples_convert_both_ways() {
        let half_a_second = Duration::from_millis(500);
        assert_eq!(PIPELINE_RATE.samples_in(half_a_second), 8_000);
        assert_eq!(PIPELINE_RATE.duration_of(8_000), half_a_second);
    }
}
