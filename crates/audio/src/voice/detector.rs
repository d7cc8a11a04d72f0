//! The network of earshot, which hears our spectra: what its own front gives it, in less time (ADR 38).

use super::FRAME;
use earshot::{DefaultPredictor, Predictor};
use std::sync::LazyLock;
use undertone_core::PIPELINE_RATE;
use undertone_features::{Mel, MelBands, MelNorm, MelScale};

/// Samples that a frame is heard with: its own and those of the two before it.
const WINDOW: usize = 3 * FRAME;
const FFT_SIZE: usize = 1024;
const BANDS: usize = 40;
/// Frames that the network sees at once.
const CONTEXT: usize = 3;
const PRE_EMPHASIS: f32 = 0.97;
/// Below every power, so that silence has a logarithm.
const FLOOR: f32 = 1e-20;
/// Numbers that the network works in.
const ROOM: usize = 512;

/// What the network was trained on, found by comparing with its own tables.
static MEL_BANDS: LazyLock<MelBands> = LazyLock::new(|| {
    let mel = Mel {
        bins: BANDS as u32,
        f_min_hz: 72.0,
        f_max_hz: 7_600.0,
        scale: MelScale::Htk,
        norm: MelNorm::None,
    };
    MelBands::on_bins(&mel, WINDOW, FFT_SIZE, PIPELINE_RATE.hz())
});

/// How probable speech is in one frame after another.
pub(super) struct Detector {
    network: DefaultPredictor,
    last_sample: f32,
    window: [f32; WINDOW],
    bands: [f32; CONTEXT * BANDS],
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            network: DefaultPredictor::new(),
            last_sample: 0.0,
            window: [0.0; WINDOW],
            bands: [0.0; CONTEXT * BANDS],
        }
    }
}

impl Detector {
    /// Probability that `frame`, of samples in [-1, 1], holds speech.
    pub(super) fn probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        self.window.copy_within(FRAME.., 0);
        for (emphasised, &sample) in self.window[WINDOW - FRAME..].iter_mut().zip(frame) {
            *emphasised = sample - PRE_EMPHASIS * self.last_sample;
            self.last_sample = sample;
        }
        self.bands.copy_within(BANDS.., 0);
        let newest = &mut self.bands[(CONTEXT - 1) * BANDS..];
        MEL_BANDS.of(&self.window, newest);
        newest.iter_mut().for_each(|power| *power = (*power + FLOOR).ln());
        self.network.normalize(newest);
        self.network.predict(&self.bands, &mut [0.0; ROOM])
    }
}

#[cfg(test)]
mod tests {
    use super::super::noise::Noise;
    use super::*;

    /// A voice that comes and goes over a hiss: the harmonics of a gliding pitch.
    fn voice(seconds: f32) -> Vec<f32> {
        let (mut noise, mut hiss) = (Noise::new(), [0.0; FRAME]);
        let mut phase = 0.0_f32;
        let rate = PIPELINE_RATE.hz() as f32;
        let sample = |n: usize| {
            let time = n as f32 / rate;
            if n.is_multiple_of(FRAME) {
                noise.fill(&mut hiss);
            }
            phase += (140.0 + 40.0 * (2.0 * time).sin()) / rate;
            let voiced = (1..40).map(|k| (std::f32::consts::TAU * phase * k as f32).sin() / k as f32);
            let loudness = (3.0 * time).sin().max(0.0) * (0.5 + 0.5 * (25.0 * time).sin());
            6.0 * hiss[n % FRAME] + 0.2 * loudness * voiced.sum::<f32>()
        };
        (0..(seconds * rate) as usize).map(sample).collect()
    }

    #[test]
    fn the_network_says_what_it_says_behind_its_own_front() {
        let (mut ours, mut own) = (Detector::default(), earshot::Detector::default());
        let (mut least, mut most, mut frames) = (1.0_f32, 0.0_f32, 0);
        for frame in voice(20.0).as_chunks::<FRAME>().0 {
            let (ours, own) = (ours.probability(frame), own.predict_f32(frame));
            assert!((ours - own).abs() < 1e-3, "frame {frames}: {ours} for {own}");
            (least, most, frames) = (least.min(own), most.max(own), frames + 1);
        }
        assert!(least < 0.2 && most > 0.8, "it heard speech and what is none: {least} to {most}");
    }
}
