//! The frames equal what librosa computes, within stated tolerances. `golden/regenerate.py` made the numbers.

mod signal;

use std::collections::BTreeMap;
use undertone_core::Frames;
use undertone_features::{FeatureExtractor, Recipe};

/// Computes so many samples.
type Synthesis = fn(usize) -> Vec<f32>;

/// Signal, recipe, row, column.
type Golden = BTreeMap<String, BTreeMap<String, Vec<Vec<f32>>>>;

const SPECTRAL_SAMPLES: usize = 4_000;
const PROSODY_SAMPLES: usize = 8_000;
const SIGNALS: [(&str, Synthesis); 3] =
    [("glide", signal::glide), ("noise", signal::noise), ("pulses", signal::pulses)];

#[test]
fn log_mel_equals_librosa() {
    // In units of the natural logarithm, and in decibels (4.34 to one of those).
    assert_equals_golden("logmel64", 2e-4);
    assert_equals_golden("logmel80-slaney", 1e-3);
}

#[test]
fn cepstra_and_their_deltas_equal_librosa_to_both_edges() {
    assert_equals_golden("mfcc13-deltas", 1e-3);
}

#[test]
fn cepstra_do_not_depend_on_whether_deltas_are_asked_for() {
    for (_, signal) in SIGNALS {
        let samples = signal(SPECTRAL_SAMPLES);
        let (plain, with_deltas) = (frames("mfcc13", &samples), frames("mfcc13-deltas", &samples));
        assert_eq!(plain.len(), with_deltas.len());
        for row in 0..plain.len() {
            assert_eq!(plain.row(row), &with_deltas.row(row)[..13]);
        }
    }
}

#[test]
fn loudness_and_zero_crossings_equal_librosa() {
    for (name, signal) in SIGNALS {
        let frames = frames("prosody", &signal(PROSODY_SAMPLES));
        let golden = &golden()[name]["prosody"];
        assert_eq!(frames.len(), golden.len());
        for (row, expected) in golden.iter().enumerate() {
            assert!((frames.row(row)[0] - expected[0]).abs() < 1e-5, "rms of {name}, frame {row}");
            assert!((frames.row(row)[1] - expected[1]).abs() < 1e-5, "zero crossings of {name}, frame {row}");
        }
    }
}

/// librosa 0.11 sums over the whole span as if zeros followed it, which shortens the periods it finds a little;
/// the paper's sum, used here, has as many terms for every period. The glide's true pitch is tested below.
#[test]
fn pitch_equals_librosa_on_voiced_frames_within_one_percent() {
    for (name, signal) in SIGNALS.into_iter().filter(|(name, _)| *name != "noise") {
        let frames = frames("prosody", &signal(PROSODY_SAMPLES));
        let golden = &golden()[name]["prosody"];
        let mut worst = 0.0_f32;
        // The first spans reach before the start of the signal.
        for (row, expected) in golden.iter().enumerate().skip(3) {
            worst = worst.max((frames.row(row)[2] / expected[2] - 1.0).abs());
            assert!(frames.row(row)[3] > 0.85, "{name}, frame {row} is voiced");
        }
        println!("pitch of {name}: worst difference {worst}");
        assert!(worst < 0.01, "pitch of {name}: worst difference {worst}");
    }
}

#[test]
fn pitch_of_a_glide_is_that_at_the_middle_of_the_span() {
    let frames = frames("prosody", &signal::glide(PROSODY_SAMPLES));
    for row in 3..frames.len() {
        let truth = signal::pitch_of_glide((row * 160 + 400 - 800 / 2) as f64) as f32;
        let found = frames.row(row)[2];
        assert!((found / truth - 1.0).abs() < 5e-3, "frame {row}: {found} for {truth}");
    }
}

#[test]
fn noise_is_unvoiced() {
    let frames = frames("prosody", &signal::noise(PROSODY_SAMPLES));
    for row in 3..frames.len() {
        assert_eq!(frames.row(row)[2], 0.0, "frame {row}");
        assert!(frames.row(row)[3] < 0.5, "frame {row}");
    }
}

fn assert_equals_golden(recipe: &str, tolerance: f32) {
    let golden = golden();
    for (name, signal) in SIGNALS {
        let frames = frames(recipe, &signal(SPECTRAL_SAMPLES));
        let expected = &golden[name][recipe];
        assert_eq!(frames.len(), expected.len());
        let mut worst = 0.0_f32;
        for (row, expected) in expected.iter().enumerate() {
            assert_eq!(frames.dim(), expected.len());
            for (found, expected) in frames.row(row).iter().zip(expected) {
                worst = worst.max((found - expected).abs());
            }
        }
        println!("{recipe} of {name}: worst difference {worst}");
        assert!(worst < tolerance, "{recipe} of {name}: worst difference {worst}");
    }
}

fn frames(recipe: &str, samples: &[f32]) -> Frames {
    let mut extractor =
        FeatureExtractor::new(&Recipe::named(recipe).expect("a named recipe")).expect("a valid recipe");
    let mut frames = Frames::new(extractor.layout().dim);
    extractor.push(samples, &mut frames);
    extractor.finish(&mut frames);
    frames
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../golden/golden.json")).expect("regenerate.py writes this shape")
}
