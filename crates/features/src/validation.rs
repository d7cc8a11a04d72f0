//! What a recipe must satisfy.

use crate::mel::MelFilters;
use crate::spectrum::MIN_FFT_SIZE;
use crate::{Block, F0, LogScale, Mel, Mfcc, Mistake, Prosody, Recipe, RecipeError};
use std::fmt::Display;
use std::mem::discriminant;
use undertone_core::SampleRate;

/// Longer transforms and spans than this help no speech analysis, and would let a recipe ask for any memory.
const MAX_SAMPLES: u32 = 16_384;
const MAX_MEL_BINS: u32 = 256;
const MAX_DELTA_WIDTH: u32 = 99;

impl Recipe {
    /// Checks everything and reports all mistakes together. Only when the sample rate is wrong are the blocks not
    /// looked at, since their frequencies are judged by it.
    pub fn validate(&self) -> Result<(), RecipeError> {
        let mut mistakes = Mistakes::default();
        self.check_framing(&mut mistakes);
        match SampleRate::new(self.sample_rate_hz) {
            Ok(_) => self.check_blocks(&mut mistakes),
            Err(error) => mistakes.add("sample_rate_hz", error),
        }
        if mistakes.found.is_empty() { Ok(()) } else { Err(RecipeError::Invalid(mistakes.found)) }
    }

    fn check_framing(&self, mistakes: &mut Mistakes) {
        let fft_rule = format!("give a power of two from {MIN_FFT_SIZE} to {MAX_SAMPLES}");
        mistakes.unless(self.fft_size_fits(), "fft_size", fft_rule);
        let window_fits =
            self.window_samples.is_multiple_of(2) && (2..=self.fft_size).contains(&self.window_samples);
        mistakes.unless(window_fits, "window_samples", "give an even number from 2 to fft_size");
        let hop_fits = (1..=self.window_samples).contains(&self.hop_samples);
        mistakes.unless(hop_fits, "hop_samples", "give a number from 1 to window_samples");
    }

    fn fft_size_fits(&self) -> bool {
        self.fft_size.is_power_of_two() && (MIN_FFT_SIZE..=MAX_SAMPLES).contains(&self.fft_size)
    }

    fn check_blocks(&self, mistakes: &mut Mistakes) {
        mistakes.unless(!self.blocks.is_empty(), "blocks", "give at least one");
        for (index, block) in self.blocks.iter().enumerate() {
            let path = format!("blocks[{index}].{}", block.kind());
            let repeated =
                self.blocks[..index].iter().any(|other| discriminant(other) == discriminant(block));
            mistakes.unless(!repeated, &path, "give each kind of block once");
            match block {
                Block::LogMel(block) => {
                    block.mel.check(self, &format!("{path}.mel"), mistakes);
                    block.log.check(&path, mistakes);
                }
                Block::Mfcc(block) => block.check(self, &path, mistakes),
                Block::Prosody(block) => block.check(self, &path, mistakes),
            }
        }
    }
}

impl Block {
    fn kind(&self) -> &'static str {
        match self {
            Self::LogMel(_) => "log_mel",
            Self::Mfcc(_) => "mfcc",
            Self::Prosody(_) => "prosody",
        }
    }
}

impl Mel {
    fn check(&self, recipe: &Recipe, path: &str, mistakes: &mut Mistakes) {
        let nyquist_hz = f64::from(recipe.sample_rate_hz) / 2.0;
        let bins_fit = (1..=MAX_MEL_BINS).contains(&self.bins);
        mistakes.unless(
            bins_fit,
            &format!("{path}.bins"),
            format_args!("give a number from 1 to {MAX_MEL_BINS}"),
        );
        let low_fits = (0.0..nyquist_hz).contains(&self.f_min_hz);
        let low_rule = format!("give a frequency from 0 to below {nyquist_hz} Hz");
        mistakes.unless(low_fits, &format!("{path}.f_min_hz"), low_rule);
        let high_fits = self.f_max_hz > self.f_min_hz && self.f_max_hz <= nyquist_hz;
        let high_rule = format!("give a frequency above f_min_hz and up to {nyquist_hz} Hz");
        mistakes.unless(high_fits, &format!("{path}.f_max_hz"), high_rule);
        if bins_fit && low_fits && high_fits && recipe.fft_size_fits() {
            let empty = MelFilters::new(self, recipe.fft_size as usize, recipe.sample_rate_hz).empty_bands();
            let rule =
                format!("{empty} bands hold no bin of the spectrum: give fewer bins or a larger fft_size");
            mistakes.unless(empty == 0, &format!("{path}.bins"), rule);
        }
    }
}

impl LogScale {
    fn check(self, path: &str, mistakes: &mut Mistakes) {
        let (Self::Natural { floor } | Self::Decibel { floor }) = self;
        // The maths runs in single precision, where a smaller floor would be 0 or lose its digits.
        let fits = floor >= f64::from(f32::MIN_POSITIVE) && floor <= 1.0;
        mistakes.unless(fits, &format!("{path}.log.floor"), "give a power from 1.2e-38 to 1");
    }
}

impl Mfcc {
    fn check(&self, recipe: &Recipe, path: &str, mistakes: &mut Mistakes) {
        self.mel.check(recipe, &format!("{path}.mel"), mistakes);
        self.log.check(path, mistakes);
        let coefficients_fit = (1..=self.mel.bins).contains(&self.coefficients);
        mistakes.unless(
            coefficients_fit,
            &format!("{path}.coefficients"),
            "give a number from 1 to mel.bins",
        );
        mistakes.unless(self.deltas <= 2, &format!("{path}.deltas"), "give 0, 1 or 2");
        let width_fits =
            (3..=MAX_DELTA_WIDTH).contains(&self.delta_width) && !self.delta_width.is_multiple_of(2);
        let width_rule = format!("give an odd number from 3 to {MAX_DELTA_WIDTH}");
        mistakes.unless(width_fits, &format!("{path}.delta_width"), width_rule);
    }
}

impl Prosody {
    fn check(&self, recipe: &Recipe, path: &str, mistakes: &mut Mistakes) {
        mistakes.unless(
            self.rms || self.zcr || self.f0.is_some(),
            path,
            "ask for at least one of rms, zcr, f0",
        );
        if let Some(f0) = &self.f0 {
            f0.check(recipe, &format!("{path}.f0"), mistakes);
        }
    }
}

impl F0 {
    fn check(&self, recipe: &Recipe, path: &str, mistakes: &mut Mistakes) {
        let highest_hz = f64::from(recipe.sample_rate_hz) / 4.0;
        let low_fits = self.min_hz >= 10.0 && self.min_hz < self.max_hz;
        mistakes.unless(low_fits, &format!("{path}.min_hz"), "give a frequency from 10 Hz to below max_hz");
        let high_rule = format!("give a frequency up to {highest_hz} Hz");
        mistakes.unless(self.max_hz <= highest_hz, &format!("{path}.max_hz"), high_rule);
        let threshold_fits = self.threshold > 0.0 && self.threshold < 1.0;
        mistakes.unless(threshold_fits, &format!("{path}.threshold"), "give a number between 0 and 1");
        let longest = self.periods(recipe.sample_rate_hz).1;
        let span = self.span_samples;
        let span_fits = span <= MAX_SAMPLES && span as usize >= longest.saturating_mul(2);
        let span_rule = format!("give at least two periods of min_hz and at most {MAX_SAMPLES} samples");
        mistakes.unless(span_fits, &format!("{path}.span_samples"), span_rule);
    }
}

#[derive(Default)]
struct Mistakes {
    found: Vec<Mistake>,
}

impl Mistakes {
    fn add(&mut self, field: &str, problem: impl Display) {
        self.found.push(Mistake { field: field.to_owned(), problem: problem.to_string() });
    }

    fn unless(&mut self, fits: bool, field: &str, rule: impl Display) {
        if !fits {
            self.add(field, rule);
        }
    }
}
