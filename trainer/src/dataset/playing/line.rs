//! What a telephone leaves of a voice: a band, and 8 bits a sample (ITU-T G.711).

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;
use undertone_audio::{AudioError, AudioFormat, AudioLimits, Encoding, read_all};
use undertone_core::{PIPELINE_RATE, SampleRate};

/// A telephone line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// 300 to 3,400 Hz, 8,000 samples a second.
    Narrowband,
    /// 50 to 7,000 Hz, 16,000 samples a second.
    Wideband,
}

/// What a line lets pass.
struct Band {
    /// In hertz: where nothing passes yet, and from where on everything does.
    rises: (f32, f32),
    /// In hertz: up to where everything passes, and from where on nothing does.
    falls: (f32, f32),
    /// Each so many samples, one is sent.
    every: usize,
}

impl Line {
    /// Its name in recipes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Narrowband => "narrowband",
            Self::Wideband => "wideband",
        }
    }

    fn band(self) -> Band {
        match self {
            Self::Narrowband => Band { rises: (200.0, 300.0), falls: (3_400.0, 3_800.0), every: 2 },
            Self::Wideband => Band { rises: (30.0, 50.0), falls: (7_000.0, 7_500.0), every: 1 },
        }
    }

    /// What comes out at the other end, as the server hears a call in mu-law.
    pub(super) fn transmitted(self, samples: &[f32]) -> Result<Vec<f32>, AudioError> {
        let band = self.band();
        let codes: Vec<u8> =
            filtered(samples, &band).iter().step_by(band.every).map(|&sample| mulaw_code(sample)).collect();
        let rate = SampleRate::new(PIPELINE_RATE.hz() / band.every as u32)?;
        let mut heard =
            read_all(&codes, Some(AudioFormat::mono(Encoding::Mulaw, rate)), AudioLimits::default())?;
        heard.truncate(samples.len());
        Ok(heard)
    }
}

impl Band {
    fn gain(&self, hertz: f32) -> f32 {
        let eased = |(none, all): (f32, f32)| {
            let share = ((hertz - none) / (all - none)).clamp(0.0, 1.0);
            0.5 - 0.5 * (PI * share).cos()
        };
        let (all, none) = self.falls;
        eased(self.rises).min(eased((none, all)))
    }
}

fn filtered(samples: &[f32], band: &Band) -> Vec<f32> {
    let length = samples.len();
    let mut planner = FftPlanner::<f32>::new();
    let mut spectrum: Vec<Complex<f32>> = samples.iter().map(|&sample| Complex::new(sample, 0.0)).collect();
    planner.plan_fft_forward(length).process(&mut spectrum);
    for (index, value) in spectrum.iter_mut().enumerate() {
        let frequency = index.min(length - index) as f32 * PIPELINE_RATE.hz() as f32 / length as f32;
        *value *= band.gain(frequency) / length as f32;
    }
    planner.plan_fft_inverse(length).process(&mut spectrum);
    spectrum.iter().map(|value| value.re).collect()
}

/// Compresses to mu-law: ITU-T G.711 (11/1988), table 2a, from 16 bits.
fn mulaw_code(sample: f32) -> u8 {
    const BIAS: u32 = 0x84;
    let level = (sample * 32_768.0).round() as i32;
    let magnitude = level.unsigned_abs().min(32_635) + BIAS;
    // The bias makes the eighth bit the lowest that can be the first.
    let segment = magnitude.ilog2() - 7;
    let code = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0F);
    let sign = if level < 0 { 0x80 } else { 0 };
    !(code as u8 | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is louder is cut off.
    const LOUDEST: f32 = 32_635.0 / 32_768.0;

    #[test]
    fn a_code_gives_back_its_level_within_half_its_step() {
        for step in -320_i32..=320 {
            let sample = step as f32 / 321.0;
            let codes = [mulaw_code(sample)];
            let format = AudioFormat::mono(Encoding::Mulaw, PIPELINE_RATE);
            let back = read_all(&codes, Some(format), AudioLimits::default()).expect("a sample")[0];
            // Sixteen steps in each segment, which doubles from one to the next.
            let heard = sample.clamp(-LOUDEST, LOUDEST);
            let bound = heard.abs() / 32.0 + 4.5 / 32_768.0;
            assert!((back - heard).abs() <= bound, "{sample} comes back as {back}");
        }
        assert_eq!([mulaw_code(0.0), mulaw_code(1.0), mulaw_code(-1.0)], [0xFF, 0x80, 0x00]);
    }
}
