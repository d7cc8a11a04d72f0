//! The ways in which one recording can be played, each of which a network hears as another one.

mod line;
mod pitch;

pub use line::Line;

use std::fmt;
use undertone_audio::{AudioError, AudioFormat, AudioLimits, Encoding, read_all};
use undertone_core::{PIPELINE_RATE, SampleRate};

/// How a clip is played before it is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playing {
    /// Faster or slower, in percent of the recorded speed; the pitch moves too.
    Speed(u32),
    /// Higher by so many cents, hundredths of a semitone, at the recorded pace.
    Pitch(i32),
    /// Over a telephone line.
    Line(Line),
}

impl Playing {
    /// As recorded.
    pub const AS_RECORDED: Self = Self::Speed(100);

    /// What is heard when `samples` at the pipeline's rate are played so.
    pub(super) fn play(self, samples: &[f32]) -> Result<Vec<f32>, AudioError> {
        match self {
            Self::AS_RECORDED => Ok(samples.to_vec()),
            Self::Speed(percent) => at_rate(samples, rate_of(f64::from(percent) / 100.0)?),
            Self::Pitch(cents) => pitch::moved(samples, cents),
            Self::Line(line) => line.transmitted(samples),
        }
    }
}

/// A word without a space that names no other way: `90`, `+200c`, `narrowband`.
impl fmt::Display for Playing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speed(percent) => write!(out, "{percent}"),
            Self::Pitch(cents) => write!(out, "{cents:+}c"),
            Self::Line(line) => out.write_str(line.name()),
        }
    }
}

/// The rate for which samples are taken to be played so many times as fast.
fn rate_of(times: f64) -> Result<SampleRate, AudioError> {
    Ok(SampleRate::new((f64::from(PIPELINE_RATE.hz()) * times).round() as u32)?)
}

/// What `samples` are when they are taken for samples of another rate.
fn at_rate(samples: &[f32], rate: SampleRate) -> Result<Vec<f32>, AudioError> {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    read_all(&bytes, Some(AudioFormat::mono(Encoding::Float32, rate)), AudioLimits::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    /// Two seconds with fundamental `hertz` and five overtones, as a voice has them.
    fn voice(hertz: f32) -> Vec<f32> {
        let sample = |index: usize| -> f32 {
            let turns = index as f32 * hertz / 16_000.0;
            (1..=6).map(|overtone| (TAU * turns * overtone as f32).sin() / overtone as f32).sum()
        };
        (0..32_000).map(|index| 0.2 * sample(index)).collect()
    }

    /// Power at `hertz`, by a sum over the middle second.
    fn power(samples: &[f32], hertz: f32) -> f32 {
        let middle = &samples[samples.len() / 2 - 8_000..samples.len() / 2 + 8_000];
        let (mut along, mut across) = (0.0, 0.0);
        for (index, sample) in middle.iter().enumerate() {
            let (sine, cosine) = (TAU * index as f32 * hertz / 16_000.0).sin_cos();
            along += sample * cosine;
            across += sample * sine;
        }
        (along * along + across * across) / (8_000.0 * 8_000.0)
    }

    fn mean_square(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
    }

    /// The fundamental, by the strongest of all whole frequencies around it.
    fn fundamental(samples: &[f32]) -> i32 {
        let louder =
            |one: &i32, other: &i32| power(samples, *one as f32).total_cmp(&power(samples, *other as f32));
        (90..=300).max_by(louder).expect("a range")
    }

    #[test]
    fn a_faster_playing_is_shorter_and_higher() {
        let played = Playing::Speed(110).play(&voice(200.0)).expect("good samples");
        assert_eq!(played.len(), 29_091);
        assert_eq!(fundamental(&played), 220);
    }

    #[test]
    fn a_moved_pitch_keeps_the_pace() {
        for (cents, hertz) in [(200, 180.0), (-200, 180.0), (100, 120.0), (-100, 240.0)] {
            let samples = voice(hertz);
            let moved = Playing::Pitch(cents).play(&samples).expect("good samples");
            assert!(moved.len().abs_diff(samples.len()) <= 1, "{} of {}", moved.len(), samples.len());
            let expected = (hertz * 2_f32.powf(cents as f32 / 1_200.0)).round() as i32;
            let found = fundamental(&moved);
            assert!((found - expected).abs() <= 1, "{cents} cents: {found} Hz instead of {expected}");
            let share = mean_square(&moved) / mean_square(&samples);
            assert!((0.9..1.1).contains(&share), "{cents} cents leave {share} of the power");
        }
    }

    #[test]
    fn short_and_silent_clips_can_be_moved_and_transmitted() {
        let ways = [
            Playing::Pitch(200),
            Playing::Pitch(-200),
            Playing::Pitch(1_200),
            Playing::Pitch(-1_200),
            Playing::Line(Line::Narrowband),
            Playing::Line(Line::Wideband),
        ];
        for samples in [vec![0.1], vec![0.0; 50], vec![0.5; 700], vec![0.0; 5_000]] {
            for way in ways {
                let played = way.play(&samples).expect("good samples");
                assert!(played.iter().all(|sample| sample.is_finite()), "{way}");
                assert!(
                    played.len().abs_diff(samples.len()) <= 1,
                    "{way}: {} of {}",
                    played.len(),
                    samples.len()
                );
            }
        }
    }

    #[test]
    fn a_line_keeps_its_band_and_nothing_beside_it() {
        // What is played, and where it would be heard: half the samples fold what is above 4 kHz down.
        let narrow = (Line::Narrowband, [400.0, 3_000.0], [(100.0, 100.0), (4_500.0, 3_500.0)]);
        let wide = (Line::Wideband, [120.0, 6_500.0], [(20.0, 20.0), (7_600.0, 7_600.0)]);
        for (line, kept, lost) in [narrow, wide] {
            let tone = |hertz: f32| -> Vec<f32> {
                (0..32_000).map(|index| 0.3 * (TAU * index as f32 * hertz / 16_000.0).sin()).collect()
            };
            let share = |hertz: f32, heard_at: f32| {
                let heard = Playing::Line(line).play(&tone(hertz)).expect("good samples");
                power(&heard, heard_at) / power(&tone(hertz), hertz)
            };
            for hertz in kept {
                let share = share(hertz, hertz);
                assert!((0.9..1.1).contains(&share), "{line:?} leaves {share} at {hertz} Hz");
            }
            for (hertz, heard_at) in lost {
                let share = share(hertz, heard_at);
                assert!(share < 1e-4, "{line:?} leaves {share} of {hertz} Hz at {heard_at} Hz");
            }
        }
    }

    #[test]
    fn a_pitch_that_no_rate_can_give_is_refused() {
        for cents in [40_000, i32::MAX, i32::MIN] {
            Playing::Pitch(cents).play(&[0.1; 700]).expect_err("out of reach");
        }
    }

    #[test]
    fn every_way_has_a_name_of_its_own() {
        let ways = [
            Playing::AS_RECORDED,
            Playing::Pitch(100),
            Playing::Pitch(-100),
            Playing::Line(Line::Narrowband),
            Playing::Line(Line::Wideband),
        ];
        assert_eq!(ways.map(|way| way.to_string()), ["100", "+100c", "-100c", "narrowband", "wideband"]);
    }
}
