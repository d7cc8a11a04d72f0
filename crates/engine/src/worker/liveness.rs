//! Whether a stream is being spoken now, or is a recording that comes as fast as it is taken.

use std::time::{Duration, Instant};
use undertone_core::PIPELINE_RATE;

/// Audio that a live stream may be ahead of its clock: what a client had buffered when it began.
const AHEAD: Duration = Duration::from_secs(2);

/// Compares a stream's audio with the time that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Liveness {
    /// All of the audio was there from the start.
    Recording,
    /// No audio has come.
    Unknown,
    /// Audio comes no faster than it is spoken.
    Live { since: Instant },
    /// Audio is ahead of the clock.
    Bulk { since: Instant },
}

impl Liveness {
    /// Before any audio has come.
    pub(super) fn at_first(is_recording: bool) -> Self {
        if is_recording { Self::Recording } else { Self::Unknown }
    }

    /// `samples` of audio were heard at `now`.
    pub(super) fn heard(self, samples: u64, now: Instant) -> Self {
        let since = match self {
            Self::Recording => return self,
            Self::Unknown => now,
            Self::Live { since } | Self::Bulk { since } => since,
        };
        let spoken = PIPELINE_RATE.duration_of(samples);
        match spoken > now.saturating_duration_since(since) + AHEAD {
            true => Self::Bulk { since },
            false => Self::Live { since },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_speaks_into_a_recording() {
        let begun = Liveness::at_first(true).heard(1600, Instant::now());
        assert_eq!(begun, Liveness::Recording);
    }

    #[test]
    fn a_stream_is_live_while_its_audio_is_not_far_ahead_of_the_clock() {
        let begin = Instant::now();
        let after = |seconds: f64| begin + Duration::from_secs_f64(seconds);
        let mut liveness = Liveness::Unknown;
        for (at, samples, live) in
            [(0.0, 1600, true), (0.1, 30_000, true), (0.2, 48_000, false), (5.0, 64_000, true)]
        {
            liveness = liveness.heard(samples, after(at));
            assert_eq!(matches!(liveness, Liveness::Live { .. }), live, "{samples} samples after {at} s");
        }
    }
}
