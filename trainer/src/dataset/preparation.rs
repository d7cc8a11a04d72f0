//! From audio files to utterances, by the same code and the same rule that serve.

use super::{Clip, Part, Split};
use crate::{MIN_FRAMES, TrainError};
use std::collections::HashMap;
use std::fs;
use std::thread;
use undertone_audio::{AudioFormat, AudioLimits, Encoding, Endpointing, SegmentEvent, Segmenter, read_all};
use undertone_core::{Frames, FramesView, PIPELINE_RATE, SampleRange, SampleRate};
use undertone_features::{FeatureExtractor, Recipe};

/// How clips become frames.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// The features.
    pub recipe: Recipe,
    /// Where utterances begin and end.
    pub endpointing: Endpointing,
    /// Playing speeds at which clips to learn from are also heard, in percent (pitch moves too).
    pub speeds_percent: Vec<u32>,
}

/// The frames of one utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Index of its clip.
    pub clip: usize,
    /// The speed at which the clip was played; 100 is as recorded.
    pub speed_percent: u32,
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
    /// Ordered by clip and speed.
    pub utterances: Vec<Utterance>,
    /// Clips whose samples equal an earlier clip's; they have no utterances.
    pub duplicates: Vec<usize>,
}

/// Decodes, extracts and cuts every clip. Clips to learn from are heard at every speed, others as recorded.
/// Of clips with the same samples only the first is kept. A clip may give several utterances, or none.
pub fn prepare(clips: &[Clip], split: &Split, preparation: &Preparation) -> Result<Prepared, TrainError> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let indices: Vec<usize> = (0..clips.len()).collect();
    let shares = indices.chunks(clips.len().div_ceil(threads).max(1));
    let work = |share: &[usize]| -> Result<Vec<Heard>, TrainError> {
        share.iter().map(|&index| hear(index, &clips[index], split.part(index), preparation)).collect()
    };
    let heard: Vec<Heard> = thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let join =
            |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("preparing a clip does not panic");
        running.into_iter().map(join).collect::<Result<Vec<Vec<Heard>>, TrainError>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    Ok(without_duplicates(heard))
}

struct Heard {
    clip: usize,
    samples: Vec<f32>,
    utterances: Vec<Utterance>,
}

fn without_duplicates(heard: Vec<Heard>) -> Prepared {
    let mut prepared = Prepared::default();
    let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
    for Heard { clip, samples, utterances } in heard {
        let bits = samples.iter().map(|sample| sample.to_bits()).collect();
        if known.insert(bits, clip).is_some() {
            prepared.duplicates.push(clip);
        } else {
            prepared.utterances.extend(utterances);
        }
    }
    prepared
}

fn hear(index: usize, clip: &Clip, part: Part, preparation: &Preparation) -> Result<Heard, TrainError> {
    let bytes = fs::read(&clip.path).map_err(TrainError::file("read", &clip.path))?;
    let undecodable = |source| TrainError::Decode { path: clip.path.clone(), source };
    let samples = read_all(&bytes, None, AudioLimits::default()).map_err(undecodable)?;
    let mut utterances = Vec::new();
    let as_recorded = [100];
    let speeds = if part == Part::Training { preparation.speeds_percent.as_slice() } else { &as_recorded };
    for &speed_percent in speeds {
        let played = at_speed(&samples, speed_percent).map_err(undecodable)?;
        let cut = cut(&played, preparation)?;
        utterances.extend(cut.into_iter().map(|frames| Utterance { clip: index, speed_percent, frames }));
    }
    Ok(Heard { clip: index, samples, utterances })
}

/// Plays `samples` faster or slower by taking them for samples of another rate.
fn at_speed(samples: &[f32], percent: u32) -> Result<Vec<f32>, undertone_audio::AudioError> {
    if percent == 100 {
        return Ok(samples.to_vec());
    }
    let rate = SampleRate::new(PIPELINE_RATE.hz() * percent / 100)?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    read_all(&bytes, Some(AudioFormat::mono(Encoding::Float32, rate)), AudioLimits::default())
}

/// The frames of each utterance that is long enough to be scored.
fn cut(samples: &[f32], preparation: &Preparation) -> Result<Vec<Frames>, TrainError> {
    let refused = |_| TrainError::Recipe { name: preparation.recipe.to_json() };
    let mut extractor = FeatureExtractor::new(&preparation.recipe).map_err(refused)?;
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
