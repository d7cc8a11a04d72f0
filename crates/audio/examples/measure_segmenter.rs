//! Measures the segmenter over the RAVDESS clips in `$UNDERTONE_DATA/ravdess` (default: `../shared/data`
//! beside the repository), and over hiss. Prints one line per figure.
//!
//! `cargo run --release -p undertone-audio --example measure_segmenter`
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use undertone_audio::{AudioLimits, Endpointing, SegmentEvent, Segmenter, read_all};
use undertone_core::{PIPELINE_RATE, SampleRange};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = data_folder().join("ravdess");
    let mut clips = Vec::new();
    collect_clips(&folder, &mut clips)?;
    clips.sort();
    let settings = Endpointing::default();
    let mut figures = Figures::default();
    for clip in &clips {
        let samples = read_all(&std::fs::read(clip)?, None, AudioLimits::default())?;
        let found = utterances(&samples, &settings);
        if found.is_empty() {
            println!("nothing found in {}", clip.display());
        }
        figures.add(samples.len() as u64, &found);
    }
    figures.print();
    for level_db in [-80, -70, -60, -50, -40] {
        let found = utterances(&hiss(level_db, 60), &settings);
        println!("60 s of white noise at {level_db} dBFS: {} utterances", found.len());
    }
    Ok(())
}

#[derive(Default)]
struct Figures {
    clips: u64,
    with_speech: u64,
    utterances: u64,
    samples: u64,
    speech_samples: u64,
}

impl Figures {
    fn add(&mut self, samples: u64, utterances: &[SampleRange]) {
        self.clips += 1;
        self.with_speech += u64::from(!utterances.is_empty());
        self.utterances += utterances.len() as u64;
        self.samples += samples;
        self.speech_samples += utterances.iter().map(|utterance| utterance.len()).sum::<u64>();
    }

    fn print(&self) {
        let clips = self.clips.max(1) as f64;
        println!("clips: {}", self.clips);
        println!("with at least one utterance: {:.2} %", 100.0 * self.with_speech as f64 / clips);
        println!("utterances per clip: {:.3}", self.utterances as f64 / clips);
        println!("seconds per clip: {:.2}", PIPELINE_RATE.seconds_of(self.samples) / clips);
        println!("seconds of speech per clip: {:.2}", PIPELINE_RATE.seconds_of(self.speech_samples) / clips);
    }
}

fn utterances(samples: &[f32], settings: &Endpointing) -> Vec<SampleRange> {
    let mut segmenter = Segmenter::new(settings);
    let mut events = Vec::new();
    segmenter.push(samples, &mut events);
    segmenter.finish(&mut events);
    events
        .into_iter()
        .filter_map(|event| match event {
            SegmentEvent::SpeechEnd { utterance, .. } => Some(utterance),
            SegmentEvent::SpeechBegin { .. } => None,
        })
        .collect()
}

/// White noise of the given root mean square, from a linear congruential generator.
fn hiss(level_db: i32, seconds: usize) -> Vec<f32> {
    let peak = 10.0_f32.powf(level_db as f32 / 20.0) * 3.0_f32.sqrt();
    let mut state = 1_u32;
    (0..seconds * PIPELINE_RATE.hz() as usize)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            peak * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

fn data_folder() -> PathBuf {
    let beside_the_repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("UNDERTONE_DATA").map_or(beside_the_repository, PathBuf::from)
}

fn collect_clips(folder: &Path, clips: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_clips(&path, clips)?;
        } else if path.extension().is_some_and(|extension| extension == "flac") {
            clips.push(path);
        }
    }
    Ok(())
}
