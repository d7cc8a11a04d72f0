//! From audio files to utterances, by the same code and the same rule that serve.

use super::{Clip, Playing};
use crate::{MIN_FRAMES, TrainError};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::fs;
use std::thread;
use undertone_audio::{AudioLimits, Endpointing, SegmentEvent, Segmenter, read_all};
use undertone_core::{Frames, FramesView, SampleRange};
use undertone_features::{FeatureExtractor, Recipe};

/// How clips become frames.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// The features.
    pub recipe: Recipe,
    /// Where utterances begin and end.
    pub endpointing: Endpointing,
    /// The ways in which every clip is heard.
    pub playings: Vec<Playing>,
}

/// The frames of one utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Index of its clip.
    pub clip: usize,
    /// How the clip was played.
    pub playing: Playing,
    /// At least [`MIN_FRAMES`] frames.
    pub frames: Frames,
}

impl Utterance {
    /// Borrows the frames.
    pub fn view(&self) -> FramesView<'_> {
        self.frames.view(0..self.frames.len())
    }
}

/// All utterances of all clips.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prepared {
    /// Ordered by clip and way of playing.
    pub utterances: Vec<Utterance>,
    /// Clips whose samples equal an earlier clip's.
    pub duplicates: Vec<usize>,
}

impl Prepared {
    /// The utterances of each of so many clips, played in the ways that `wanted` accepts.
    pub fn by_clip(&self, clips: usize, wanted: impl Fn(Playing) -> bool) -> Vec<Vec<FramesView<'_>>> {
        let mut views = vec![Vec::new(); clips];
        for utterance in self.utterances.iter().filter(|utterance| wanted(utterance.playing)) {
            views[utterance.clip].push(utterance.view());
        }
        views
    }
}

/// A clip that never gets louder than four steps of 16 bits is silent: dither is as loud.
const SILENT_PEAK: f32 = 4.0 / 32_768.0;

/// Decodes, extracts and cuts every clip in every way. A clip may give several utterances, or none. Fails with every
/// clip that cannot be read or decoded, has no samples, is silent, or has the samples of an earlier one with another label.
pub fn prepare(clips: &[Clip], preparation: &Preparation) -> Result<Prepared, TrainError> {
    FeatureExtractor::new(&preparation.recipe).map_err(|_| refused(&preparation.recipe))?;
    let (mut heard, mut mistakes) = (Vec::new(), Vec::new());
    for (outcome, clip) in hear_all(clips, preparation).into_iter().zip(clips) {
        match outcome {
            Ok(clip) => heard.push(clip),
            Err(cause) => mistakes.push(format!("{}: {cause}", clip.path.display())),
        }
    }
    let (prepared, copies) = collected(heard);
    let labels = copies.into_iter().map(|(copy, first)| (&clips[copy], &clips[first]));
    mistakes.extend(labels.filter(|(copy, first)| copy.emotion != first.emotion).map(|(copy, first)| {
        let (path, other) = (copy.path.display(), first.path.display());
        format!("{path}: it is {}, and {} has the same samples and is {}", copy.emotion, other, first.emotion)
    }));
    if mistakes.is_empty() { Ok(prepared) } else { Err(TrainError::Audio { mistakes }) }
}

type Outcome = Result<Heard, Box<dyn Error + Send + Sync>>;

/// What every clip gives, in their order; the clips are shared out among threads.
fn hear_all(clips: &[Clip], preparation: &Preparation) -> Vec<Outcome> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let indices: Vec<usize> = (0..clips.len()).collect();
    let shares = indices.chunks(clips.len().div_ceil(threads).max(1));
    let work = |share: &[usize]| -> Vec<Outcome> {
        share.iter().map(|&index| hear(index, &clips[index], preparation)).collect()
    };
    thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let join =
            |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("preparing a clip does not panic");
        running.into_iter().flat_map(join).collect()
    })
}

fn refused(recipe: &Recipe) -> TrainError {
    TrainError::Recipe { name: recipe.to_json() }
}

struct Heard {
    clip: usize,
    samples: Vec<f32>,
    utterances: Vec<Utterance>,
}

/// Everything that was heard, and which clips have the samples of which earlier ones.
fn collected(heard: Vec<Heard>) -> (Prepared, Vec<(usize, usize)>) {
    let mut copies = Vec::new();
    let mut prepared = Prepared::default();
    let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
    for Heard { clip, samples, utterances } in heard {
        let bits = samples.iter().map(|sample| sample.to_bits()).collect();
        match known.entry(bits) {
            Entry::Occupied(first) => copies.push((clip, *first.get())),
            Entry::Vacant(place) => drop(place.insert(clip)),
        }
        prepared.utterances.extend(utterances);
    }
    prepared.duplicates = copies.iter().map(|(copy, _)| *copy).collect();
    (prepared, copies)
}

fn hear(index: usize, clip: &Clip, preparation: &Preparation) -> Outcome {
    let bytes = fs::read(&clip.path)?;
    let samples = read_all(&bytes, None, AudioLimits::default())?;
    if samples.is_empty() {
        return Err("it has no samples".into());
    }
    if samples.iter().all(|sample| sample.abs() <= SILENT_PEAK) {
        return Err("it is silent from beginning to end".into());
    }
    let mut utterances = Vec::new();
    for &playing in &preparation.playings {
        let cut = cut(&playing.play(&samples)?, preparation)?;
        utterances.extend(cut.into_iter().map(|frames| Utterance { clip: index, playing, frames }));
    }
    Ok(Heard { clip: index, samples, utterances })
}

/// The frames of each utterance that is long enough to be scored.
fn cut(samples: &[f32], preparation: &Preparation) -> Result<Vec<Frames>, TrainError> {
    let mut extractor =
        FeatureExtractor::new(&preparation.recipe).map_err(|_| refused(&preparation.recipe))?;
    let layout = extractor.layout().clone();
    let mut frames = Frames::new(layout.dim);
    extractor.push(samples, &mut frames);
    extractor.finish(&mut frames);
    let rows = |utterance: SampleRange| {
        let range = layout.grid.frames_centred_in(utterance);
        let limit = |row: u64| usize::try_from(row).unwrap_or(usize::MAX).min(frames.len());
        limit(range.start)..limit(range.end)
    };
    let utterances = utterances(samples, &preparation.endpointing);
    let rows = utterances.into_iter().map(rows).filter(|rows| rows.len() >= MIN_FRAMES);
    Ok(rows.map(|rows| owned(frames.view(rows))).collect())
}

fn utterances(samples: &[f32], endpointing: &Endpointing) -> Vec<SampleRange> {
    let mut segmenter = Segmenter::new(endpointing);
    let mut events = Vec::new();
    segmenter.push(samples, &mut events);
    segmenter.finish(&mut events);
    let ended = |event| match event {
        SegmentEvent::SpeechEnd { utterance, .. } => Some(utterance),
        SegmentEvent::SpeechBegin { .. } => None,
    };
    events.into_iter().filter_map(ended).collect()
}

fn owned(view: FramesView<'_>) -> Frames {
    let mut frames = Frames::new(view.dim);
    frames.grow(view.len()).copy_from_slice(view.values);
    frames
}
