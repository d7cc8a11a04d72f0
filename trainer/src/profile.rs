//! What the clips that a model learns from are like, measured as the server measures what it hears.

use crate::dataset::Clip;
use crate::{MIN_FRAMES, TrainError};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use undertone_audio::{AudioLimits, Endpointing, Hearing, SegmentEvent, Segmenter, read_all};
use undertone_bundle::{Histogram, Profile};
use undertone_core::{Emotion, FrameGrid, Heard, INPUT_BINS, InputMeasure};

/// The profile of `clips`, whose utterances are found as in preparation: those of fewer than [`MIN_FRAMES`] frames of `grid`
/// do not count, nor do clips without any.
///
/// # Errors
/// When a clip cannot be read, or there is no speech in any.
pub fn profile<'c>(clips: impl Iterator<Item = &'c Clip>, grid: FrameGrid) -> Result<Profile, TrainError> {
    let mut counts = [[0_u64; INPUT_BINS]; InputMeasure::ALL.len()];
    let mut labels = vec![0_u32; Emotion::ALL.len()];
    let (mut heard_clips, mut utterances, mut mistakes) = (0, 0, Vec::new());
    for clip in clips {
        match utterances_of(clip, grid) {
            Ok(heard) if heard.is_empty() => {}
            Ok(heard) => {
                heard_clips += 1;
                utterances += heard.len() as u32;
                labels[clip.emotion.index()] += 1;
                heard.iter().for_each(|own| count(own, &mut counts));
            }
            Err(cause) => mistakes.push(format!("{}: {cause}", clip.path.display())),
        }
    }
    if !mistakes.is_empty() {
        return Err(TrainError::Audio { mistakes });
    }
    if heard_clips == 0 {
        return Err(TrainError::Audio { mistakes: vec!["speech was found in no clip".into()] });
    }
    let inputs = InputMeasure::ALL.into_iter().zip(counts).map(|(measure, counts)| {
        (measure.name().to_owned(), Histogram { edges: measure.edges().to_vec(), counts: counts.to_vec() })
    });
    Ok(Profile {
        clips: heard_clips,
        utterances,
        label_shares: labels
            .iter()
            .map(|&label| rounded(f64::from(label) / f64::from(heard_clips)))
            .collect(),
        inputs: inputs.collect::<BTreeMap<_, _>>(),
    })
}

fn utterances_of(clip: &Clip, grid: FrameGrid) -> Result<Vec<Heard>, Box<dyn Error>> {
    let samples = read_all(&fs::read(&clip.path)?, None, AudioLimits::default())?;
    let (mut segmenter, mut hearing) = (Segmenter::new(&Endpointing::default()), Hearing::new(0));
    let mut events = Vec::new();
    segmenter.push(&samples, &mut events);
    segmenter.finish(&mut events);
    hearing.push(&samples);
    let long_enough = |event: SegmentEvent| match event {
        SegmentEvent::SpeechEnd { utterance, .. } => {
            let frames = grid.frames_centred_in(utterance);
            Some(utterance).filter(|_| frames.end - frames.start >= MIN_FRAMES as u64)
        }
        SegmentEvent::SpeechBegin { .. } => None,
    };
    Ok(events.into_iter().filter_map(long_enough).filter_map(|utterance| hearing.heard(utterance)).collect())
}

fn count(heard: &Heard, counts: &mut [[u64; INPUT_BINS]]) {
    for (measure, counts) in InputMeasure::ALL.into_iter().zip(counts) {
        if let Some(value) = measure.of(heard) {
            counts[measure.bin_of(value)] += 1;
        }
    }
}

/// To six decimals.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}
