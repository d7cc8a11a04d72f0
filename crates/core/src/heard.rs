//! What was heard of an utterance, in figures that can be counted.

/// Bins of every measure.
pub const INPUT_BINS: usize = 20;

/// What was heard of an utterance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// Root of the mean square, in dB of full scale.
    pub level_dbfs: f32,
    /// Level of loud frames over that of quiet ones, in dB.
    pub snr_db: f32,
    /// Frames with speech in them among all, 0 to 1.
    pub speech_share: f32,
    /// Median fundamental frequency of the voiced frames; none when no frame is voiced.
    pub f0_hz: Option<f32>,
}

/// A figure of [`Heard`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputMeasure {
    /// [`Heard::level_dbfs`]
    Level,
    /// [`Heard::snr_db`]
    Snr,
    /// [`Heard::speech_share`]
    Speech,
    /// [`Heard::f0_hz`]
    F0,
}

impl InputMeasure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Level, Self::Snr, Self::Speech, Self::F0];

    /// Stable name for records, profiles and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Snr => "snr",
            Self::Speech => "speech",
            Self::F0 => "f0",
        }
    }

    /// The figure, where there is one.
    pub fn of(self, heard: &Heard) -> Option<f32> {
        match self {
            Self::Level => Some(heard.level_dbfs),
            Self::Snr => Some(heard.snr_db),
            Self::Speech => Some(heard.speech_share),
            Self::F0 => heard.f0_hz,
        }
    }

    /// Where bins begin, and where the last one ends: 4 dB each from -80 dB, 3 dB from 0 dB, shares of 0.05, and two semitones
    /// from 50 Hz. The outermost bins take what lies beyond.
    pub fn edges(self) -> [f32; INPUT_BINS + 1] {
        std::array::from_fn(|bin| {
            let bin = bin as f32;
            match self {
                Self::Level => bin * 4.0 - 80.0,
                Self::Snr => bin * 3.0,
                Self::Speech => bin / 20.0,
                Self::F0 => 50.0 * (bin / 6.0).exp2(),
            }
        })
    }

    /// The bin of a figure, the same as Postgres counts.
    pub fn bin_of(self, value: f32) -> usize {
        let place = match self {
            Self::Level => (f64::from(value) + 80.0) / 4.0,
            Self::Snr => f64::from(value) / 3.0,
            Self::Speech => f64::from(value) * 20.0,
            Self::F0 => 6.0 * (f64::from(value).max(1.0) / 50.0).ln() / std::f64::consts::LN_2 + 1e-9,
        };
        // What is no number counts to the first.
        (place.floor().max(0.0) as usize).min(INPUT_BINS - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_lies_between_the_edges_of_its_bin() {
        for measure in InputMeasure::ALL {
            let edges = measure.edges();
            for (bin, pair) in edges.windows(2).enumerate() {
                assert_eq!(measure.bin_of(f32::midpoint(pair[0], pair[1])), bin, "{measure:?}");
            }
            assert_eq!(measure.bin_of(edges[0] - 1.0), 0);
            assert_eq!(measure.bin_of(edges[INPUT_BINS] + 1.0), INPUT_BINS - 1);
            assert_eq!(measure.bin_of(f32::NAN), 0);
        }
    }
}
