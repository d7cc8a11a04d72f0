//! Log-mel frames, streamed as the server streams them, against the Fourier transforms alone and against
//! kaldi-native-fbank and librosa.

mod libraries;

use crate::{Aim, Report, Run, noise};
use anyhow::{Context, Result};
use libraries::Libraries;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use undertone_core::Frames;
use undertone_features::{FeatureExtractor, Recipe};

const RUNS: usize = 15;
const SECONDS: usize = 60;
const RATE: usize = 16_000;
/// 20 ms, what a client typically sends at once.
const PUSH_SAMPLES: usize = 320;
/// Name, ratio and duration of each library.
const LIBRARIES: [[&str; 3]; 2] = [
    ["kaldi_native_fbank", "vs_kaldi_native_fbank", "kaldi_native_fbank_us_per_frame"],
    ["librosa", "vs_librosa", "librosa_us_per_frame"],
];

/// Compares `logmel64` over a minute of noise with as many complex transforms of its FFT size
/// (`vs_bare_fft`, in time), and also with the half as long ones that a real signal needs; and with what
/// kaldi-native-fbank and librosa make of the same audio on one thread (`vs_*`, in throughput). `python` is an
/// interpreter that has both.
pub fn measure_features(python: &Path) -> Result<Report> {
    let recipe = named_recipe("logmel64")?;
    let mut log_mel = Extraction::new(&recipe)?;
    let mut others = [
        ("mfcc13_deltas_us_per_frame", Extraction::named("mfcc13-deltas")?),
        ("prosody_us_per_frame", Extraction::named("prosody")?),
    ];
    let mut complex = BareTransforms::new(recipe.fft_size as usize);
    let mut halved = BareTransforms::new(recipe.fft_size as usize / 2);
    let mut libraries = Libraries::start(python, &recipe, &log_mel.clip)?;
    let mut runs = Vec::with_capacity(RUNS);
    // The first run only warms caches up.
    for run in 0..=RUNS {
        let (features, frames) = log_mel.seconds();
        let bare = complex.seconds(frames);
        let bare_half = halved.seconds(frames);
        let micros = |seconds: f64| seconds * 1e6 / frames as f64;
        let mut figures = Run::from([
            ("vs_bare_fft", features / bare),
            ("vs_bare_half_fft", features / bare_half),
            ("log_mel_us_per_frame", micros(features)),
            ("bare_fft_us_per_frame", micros(bare)),
            ("bare_half_fft_us_per_frame", micros(bare_half)),
            ("times_real_time", SECONDS as f64 / features),
        ]);
        for [name, ratio, micros] in LIBRARIES {
            let seconds = libraries.seconds_per_frame(name)?;
            figures.insert(ratio, seconds * frames as f64 / features);
            figures.insert(micros, seconds * 1e6);
        }
        for (name, recipe) in &mut others {
            figures.insert(name, micros(recipe.seconds().0));
        }
        if run > 0 {
            runs.push(figures);
        }
    }
    let aims = [
        ("vs_bare_fft", Aim::AtMost(2.5)),
        ("vs_kaldi_native_fbank", Aim::AtLeast(4.0)),
        ("vs_librosa", Aim::AtLeast(2.5)),
    ];
    let report = Report::new("features", aims, runs);
    let report = report.against("kaldi_native_fbank", libraries.versions.kaldi_native_fbank);
    Ok(report.against("librosa", libraries.versions.librosa))
}

fn named_recipe(name: &str) -> Result<Recipe> {
    Recipe::named(name).with_context(|| format!("there is no recipe {name}"))
}

struct Extraction {
    extractor: FeatureExtractor,
    frames: Frames,
    clip: Vec<f32>,
}

impl Extraction {
    fn new(recipe: &Recipe) -> Result<Self> {
        let extractor = FeatureExtractor::new(recipe)?;
        let frames = Frames::new(extractor.layout().dim);
        Ok(Self { extractor, frames, clip: noise(SECONDS * RATE) })
    }

    fn named(recipe: &str) -> Result<Self> {
        Self::new(&named_recipe(recipe)?)
    }

    /// How long the clip takes, and how many frames it has.
    fn seconds(&mut self) -> (f64, usize) {
        self.frames.clear();
        let start = Instant::now();
        for samples in self.clip.chunks(PUSH_SAMPLES) {
            self.extractor.push(black_box(samples), &mut self.frames);
        }
        self.extractor.finish(&mut self.frames);
        black_box(&self.frames);
        (start.elapsed().as_secs_f64(), self.frames.len())
    }
}

struct BareTransforms {
    fft: Arc<dyn Fft<f32>>,
    input: Vec<Complex<f32>>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl BareTransforms {
    fn new(size: usize) -> Self {
        let fft = FftPlanner::new().plan_fft_forward(size);
        let zero = Complex::new(0.0, 0.0);
        Self {
            input: noise(size).into_iter().map(|sample| Complex::new(sample, 0.0)).collect(),
            output: vec![zero; size],
            scratch: vec![zero; fft.get_immutable_scratch_len()],
            fft,
        }
    }

    fn seconds(&mut self, count: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..count {
            let input = black_box(&self.input);
            self.fft.process_immutable_with_scratch(input, &mut self.output, &mut self.scratch);
            black_box(&self.output);
        }
        start.elapsed().as_secs_f64()
    }
}
