//! Brings mono samples of any accepted rate to the pipeline's rate.

use crate::AudioError;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction, calculate_cutoff,
};
use undertone_core::{PIPELINE_RATE, SampleRate};

/// Taps of the windowed sinc per sample at the lower of both rates: passes 95 % of its band.
const TAPS: usize = 256;
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;
/// Positions between two input samples that get a filter of their own. Rates that need more, as 44.1 kHz
/// does with 160, have theirs interpolated from these, with an error below -100 dB.
const MOST_PHASES: usize = 32;

/// A streaming resampler without delay: output sample `m` lies at the time of input sample
/// `m * rate / 16000`. Input at the pipeline's rate passes untouched.
pub(crate) struct Resampler {
    rate: SampleRate,
    filter: Option<Filter>,
    taken: u64,
    given: u64,
}

/// Works in input chunks of one size, so that the caller's cuts have no say.
struct Filter {
    sinc: Async<f32>,
    pending: Vec<f32>,
    chunk: usize,
    output: Vec<f32>,
    /// Outputs still to be dropped.
    skip: usize,
}

impl Resampler {
    pub(crate) fn new(rate: SampleRate) -> Result<Self, AudioError> {
        let filter = if rate == PIPELINE_RATE { None } else { Some(Filter::new(rate)?) };
        Ok(Self { rate, filter, taken: 0, given: 0 })
    }

    /// Takes the next input samples and appends what became complete.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.taken += samples.len() as u64;
        let before = out.len();
        match &mut self.filter {
            None => out.extend_from_slice(samples),
            Some(filter) => filter.push(samples, out)?,
        }
        self.given += (out.len() - before) as u64;
        Ok(())
    }

    /// Appends the rest, so that as much time came out as went in, to half a sample; at least one
    /// sample when any went in.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        if self.taken == 0 {
            return Ok(());
        }
        let (from, to) = (u64::from(self.rate.hz()), u64::from(PIPELINE_RATE.hz()));
        let due = ((self.taken * to + from / 2) / from).max(1);
        let missing = usize::try_from(due.saturating_sub(self.given)).unwrap_or(usize::MAX);
        let end = out.len().saturating_add(missing);
        let silence = vec![0.0; filter.chunk];
        while out.len() < end {
            filter.push(&silence, out)?;
        }
        out.truncate(end);
        self.given = due;
        Ok(())
    }
}

impl Filter {
    fn new(rate: SampleRate) -> Result<Self, AudioError> {
        let (from, to) = (rate.hz() as usize, PIPELINE_RATE.hz() as usize);
        let common = greatest_common_divisor(from, to);
        let exact = to / common <= MOST_PHASES;
        let phases = (to / common).min(MOST_PHASES);
        let interpolation = if exact { SincInterpolationType::Nearest } else { SincInterpolationType::Cubic };
        let parameters = SincInterpolationParameters {
            sinc_len: (TAPS * from.max(to)).div_ceil(to).next_multiple_of(8),
            f_cutoff: Some(calculate_cutoff(TAPS, WINDOW)),
            oversampling_factor: phases,
            interpolation,
            window: WINDOW,
        };
        // 10 ms.
        let chunk = from / 100;
        let sinc = Async::new_sinc(to as f64 / from as f64, 1.0, &parameters, chunk, 1, FixedAsync::Input)
            .map_err(|error| AudioError::Resampling(error.to_string()))?;
        let lead = Lead::new(from / common, to / common, phases, parameters.sinc_len / 2);
        let output = vec![0.0; sinc.output_frames_max()];
        let mut filter = Self { sinc, pending: Vec::with_capacity(chunk), chunk, output, skip: lead.outputs };
        filter.push(&vec![0.0; lead.inputs], &mut Vec::new())?;
        Ok(filter)
    }

    fn push(&mut self, mut samples: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        while !samples.is_empty() {
            let taken = samples.len().min(self.chunk - self.pending.len());
            let (head, rest) = samples.split_at(taken);
            self.pending.extend_from_slice(head);
            samples = rest;
            if self.pending.len() == self.chunk {
                self.run_chunk(out).map_err(AudioError::Resampling)?;
                self.pending.clear();
            }
        }
        Ok(())
    }

    fn run_chunk(&mut self, out: &mut Vec<f32>) -> Result<(), String> {
        let capacity = self.output.len();
        let input = SequentialSlice::new(&self.pending, 1, self.chunk).map_err(|error| error.to_string())?;
        let mut output =
            SequentialSlice::new_mut(&mut self.output, 1, capacity).map_err(|error| error.to_string())?;
        let indexing: Option<&Indexing> = None;
        let (_, made) = self
            .sinc
            .process_into_buffer(&input, &mut output, indexing)
            .map_err(|error| error.to_string())?;
        let skipped = made.min(self.skip);
        self.skip -= skipped;
        // The filter rings over full scale at clipped input.
        out.extend(self.output[skipped..made].iter().map(|sample| sample.clamp(-1.0, 1.0)));
        Ok(())
    }
}

/// The silence pushed before the first sample and the outputs dropped, so that the next output lies
/// exactly on the first sample.
struct Lead {
    inputs: usize,
    outputs: usize,
}

impl Lead {
    /// One output is `from / to` inputs, in lowest terms. Output `m` of the filter, counted from 1, lies
    /// at input `m * from / to + 1 / phases - half`, where `half` is half the filter's length: looks for
    /// the `m` closest to a whole input.
    fn new(from: usize, to: usize, phases: usize, half: usize) -> Self {
        let unit = to * phases;
        let position = |output: usize| output * from * phases + to;
        let off = |output: usize| (position(output) % unit).min(unit - position(output) % unit);
        let best = (1..=to).min_by_key(|&output| off(output)).unwrap_or(1);
        let reached = (position(best) + unit / 2) / unit;
        // Whole cycles of both rates, until the filter's length is behind.
        let cycles = half.saturating_sub(reached).div_ceil(from);
        Self { inputs: reached + cycles * from - half, outputs: best + cycles * to - 1 }
    }
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(hz: f64, rate: u32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resampled(rate: u32, input: &[f32]) -> Vec<f32> {
        let mut resampler = Resampler::new(SampleRate::new(rate).unwrap()).unwrap();
        let mut out = Vec::new();
        resampler.push(input, &mut out).unwrap();
        resampler.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn tones_keep_their_phase_and_level_at_every_rate() {
        for rate in [8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 12_347, 47_999] {
            for hz in [200.0, 1_000.0, 3_500.0] {
                let out = resampled(rate, &sine(hz, rate, rate as usize));
                let expected = sine(hz, 16_000, 16_000);
                assert_eq!(out.len(), expected.len(), "{rate}");
                // The ends hear the silence around the tone.
                for n in 500..15_500 {
                    assert!((out[n] - expected[n]).abs() < 1e-4, "{hz} Hz at {rate} Hz, sample {n}");
                }
            }
        }
    }

    #[test]
    fn tones_above_half_the_pipeline_rate_vanish() {
        let out = resampled(48_000, &sine(9_000.0, 48_000, 48_000));
        assert!(out[500..15_500].iter().all(|sample| sample.abs() < 1e-4));
    }

    #[test]
    fn output_length_is_the_input_length_in_pipeline_samples() {
        for (rate, samples, expected) in [
            (48_000, 1, 1),
            (48_000, 4, 1),
            (48_000, 5, 2),
            (8_000, 1, 2),
            (44_100, 441, 160),
            (44_100, 0, 0),
        ] {
            assert_eq!(resampled(rate, &vec![0.1; samples]).len(), expected, "{rate} {samples}");
        }
    }

    #[test]
    fn samples_at_the_pipeline_rate_pass_untouched() {
        let input = sine(440.0, 16_000, 777);
        assert_eq!(resampled(16_000, &input), input);
    }
}
