//! What an utterance sounds like, in figures: [`Heard`]. The server measures what it answers, and the trainer what a model learns
//! from, by this code alone.

use crate::pitch::Pitch;
use crate::square_sum::SquareSum;
use std::collections::VecDeque;
use undertone_core::{Heard, SampleRange};

/// Figures are taken every 16 ms, counted from the stream's start.
const STEP_SAMPLES: u64 = 256;
/// The fundamental frequency is looked for in every so many steps, which suffices for a median.
const PITCH_EVERY: u64 = 2;
/// Steps below -55 dB of full scale are not looked at for it.
const PITCH_POWER: f32 = 3.2e-6;
/// -100 dB: less than any real silence.
const LEAST_POWER: f32 = 1e-10;
/// Speech lies at most 20 dB below the loud frames.
const SPEECH_BELOW: f32 = 0.01;
const IDLE_STEPS: usize = 64;
const LOUD: f64 = 0.95;
const QUIET: f64 = 0.1;

/// Measures what is heard, and tells it of utterances. How the samples are cut into pushes changes nothing.
pub struct Hearing {
    steps: VecDeque<Step>,
    /// Number of the first kept step, from the stream's start.
    first: u64,
    position: u64,
    squares: SquareSum,
    pitch: Pitch,
}

#[derive(Clone, Copy)]
struct Step {
    /// Mean square.
    power: f32,
    f0_hz: Option<f32>,
}

impl Hearing {
    /// From this sample of a stream on.
    pub fn new(position: u64) -> Self {
        Self {
            steps: VecDeque::new(),
            first: position / STEP_SAMPLES,
            position,
            squares: SquareSum::default(),
            pitch: Pitch::new(),
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[f32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let until_step = (STEP_SAMPLES - self.position % STEP_SAMPLES) as usize;
            let (now, later) = rest.split_at(until_step.min(rest.len()));
            self.squares.push(now);
            self.pitch.push(now);
            self.position += now.len() as u64;
            if self.position.is_multiple_of(STEP_SAMPLES) {
                self.end_step();
            }
            rest = later;
        }
    }

    /// What was heard in `interval`; none when no step lies in it, or it is forgotten.
    pub fn heard(&self, interval: SampleRange) -> Option<Heard> {
        let centre = |place: usize| (self.first + place as u64) * STEP_SAMPLES + STEP_SAMPLES / 2;
        let within = self.steps.iter().enumerate();
        let within = within.filter(|(place, _)| (interval.start..interval.end).contains(&centre(*place)));
        let steps: Vec<Step> = within.map(|(_, step)| *step).collect();
        let mut powers: Vec<f32> = steps.iter().map(|step| step.power).collect();
        powers.sort_unstable_by(f32::total_cmp);
        let (loud, quiet) = (quantile(&powers, LOUD)?, quantile(&powers, QUIET)?);
        let mut pitches: Vec<f32> = steps.iter().filter_map(|step| step.f0_hz).collect();
        pitches.sort_unstable_by(f32::total_cmp);
        let mean = powers.iter().sum::<f32>() / powers.len() as f32;
        let spoken =
            powers.iter().filter(|&&power| power > LEAST_POWER && power >= loud * SPEECH_BELOW).count();
        Some(Heard {
            level_dbfs: decibels(mean),
            snr_db: decibels(loud) - decibels(quiet),
            speech_share: spoken as f32 / powers.len() as f32,
            f0_hz: quantile(&pitches, 0.5),
        })
    }

    /// Nobody will ask for what lies before this sample.
    pub fn forget_before(&mut self, sample: u64) {
        while self.first < sample / STEP_SAMPLES && self.steps.pop_front().is_some() {
            self.first += 1;
        }
        // An idle stream does not keep the room of its longest utterance; one that speaks keeps what it has.
        if self.steps.len() <= IDLE_STEPS && self.steps.capacity() > 4 * IDLE_STEPS {
            self.steps.shrink_to(IDLE_STEPS);
        }
    }

    fn end_step(&mut self) {
        let power = std::mem::take(&mut self.squares).mean() as f32;
        let number = self.first + self.steps.len() as u64;
        let look = number.is_multiple_of(PITCH_EVERY) && power > PITCH_POWER;
        self.steps.push_back(Step { power, f0_hz: if look { self.pitch.hz() } else { None } });
    }
}

/// The smallest value that so large a share of the sorted values does not exceed.
fn quantile(sorted: &[f32], share: f64) -> Option<f32> {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied()
}

fn decibels(power: f32) -> f32 {
    10.0 * power.max(LEAST_POWER).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of a voice of 200 Hz between two half seconds of a hum 40 dB below.
    fn sound() -> Vec<f32> {
        let tone = |n: usize, hz: f32| (n as f32 / 16_000.0 * hz * std::f32::consts::TAU).sin();
        let voice = |n: usize| (1..=4).map(|k| tone(n, 200.0 * k as f32) / k as f32).sum::<f32>() * 0.2;
        (0..32_000)
            .map(|n| if (8_000..24_000).contains(&n) { voice(n) } else { 0.00168 * tone(n, 50.0) })
            .collect()
    }

    fn all() -> SampleRange {
        SampleRange { start: 0, end: 32_000 }
    }

    #[test]
    fn level_distance_share_and_pitch_of_a_known_sound_are_heard() {
        let mut hearing = Hearing::new(0);
        hearing.push(&sound());
        let heard = hearing.heard(all()).expect("there is something");
        // Half of the time at sqrt(0.02 * (1 + 1/4 + 1/9 + 1/16)).
        assert!((heard.level_dbfs + 18.5).abs() < 0.5, "{heard:?}");
        assert!((heard.snr_db - 43.0).abs() < 3.0, "{heard:?}");
        assert!((heard.speech_share - 0.5).abs() < 0.05, "{heard:?}");
        assert!((heard.f0_hz.expect("it is voiced") - 200.0).abs() < 4.0, "{heard:?}");
        let hum = hearing.heard(SampleRange { start: 0, end: 7_000 }).expect("there is a hum");
        assert!(hum.level_dbfs < -55.0 && hum.f0_hz.is_none(), "{hum:?}");
    }

    #[test]
    fn the_cut_into_pushes_changes_nothing_and_what_is_forgotten_is_not_needed() {
        let sound = sound();
        let mut whole = Hearing::new(0);
        whole.push(&sound);
        for length in [1, 100, 255, 257, 5_000] {
            let mut cut = Hearing::new(0);
            sound.chunks(length).for_each(|piece| cut.push(piece));
            assert_eq!(cut.heard(all()), whole.heard(all()), "{length}");
            let later = SampleRange { start: 9_000, end: 20_000 };
            let expected = cut.heard(later);
            cut.forget_before(9_000);
            assert_eq!(cut.heard(later), expected);
            assert_eq!(cut.heard(SampleRange { start: 0, end: 8_000 }), None);
        }
    }

    #[test]
    fn silence_has_no_speech_in_it() {
        let mut hearing = Hearing::new(0);
        hearing.push(&[0.0; 4_096]);
        let heard = hearing.heard(all()).expect("steps were heard");
        assert_eq!(heard, Heard { level_dbfs: -100.0, snr_db: 0.0, speech_share: 0.0, f0_hz: None });
        assert_eq!(hearing.heard(SampleRange { start: 0, end: 100 }), None);
    }
}
