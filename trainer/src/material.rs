//! Clips, their parts and their frames together.

use crate::dataset::{
    Clip, Part, Playing, Preparation, Prepared, Split, Utterance, names, prepare, prepare_cached, read_clips,
};
use crate::evaluation::Trial;
use crate::training::Example;
use crate::{SplitRule, TrainError};
use std::path::Path;
use undertone_audio::Endpointing;
use undertone_core::FramesView;
use undertone_features::Recipe;

/// Where clips are, and who of them is held out.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// Which rows of its `index.csv`, if it has one.
    pub corpus: &'a str,
    /// Other corpora of the list that are learnt from, too, and never measured by.
    pub more_corpora: &'a [String],
    /// Which clips are held out.
    pub split: &'a SplitRule,
    /// Where prepared frames are kept.
    pub cache_dir: &'a Path,
}

/// Everything to learn from and to be measured by.
#[derive(Debug)]
pub struct Material {
    /// All clips.
    pub clips: Vec<Clip>,
    /// What those that can be measured by are called in evidence; the clips of other corpora stand behind them.
    pub names: Vec<String>,
    /// Their parts.
    pub split: Split,
    /// Their utterances.
    pub prepared: Prepared,
    /// The features.
    pub recipe: Recipe,
}

/// Some clips, played in one way.
#[derive(Debug)]
pub struct PlayedClips {
    labels: Vec<usize>,
    prepared: Prepared,
}

impl PlayedClips {
    /// The clips, in their order.
    pub fn trials(&self) -> Vec<Trial<'_>> {
        let heard = self.prepared.by_clip(self.labels.len(), |_| true);
        heard.into_iter().zip(&self.labels).map(|(utterances, &label)| Trial { utterances, label }).collect()
    }
}

/// How large the values of each column are.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Mean per column.
    pub mean: Vec<f32>,
    /// Standard deviation per column.
    pub deviation: Vec<f32>,
}

impl Material {
    /// Reads, splits and prepares the clips of `source` with the features called `recipe`, played in so many ways.
    pub fn load(source: &Source<'_>, recipe: &str, playings: Vec<Playing>) -> Result<Self, TrainError> {
        let recipe = Recipe::named(recipe).ok_or_else(|| TrainError::Recipe { name: recipe.to_owned() })?;
        let clips = read_clips(source.folder, source.corpus)?;
        let split = match source.split {
            SplitRule::Fold(id) => id.split(&clips),
            SplitRule::Speakers(held_out) => Split::new(&clips, held_out),
        };
        let split = split.map_err(|error| error.about_clips_of(source.folder))?;
        let preparation = Preparation { recipe, endpointing: Endpointing::default(), playings };
        let prepared = prepare_cached(&clips, &preparation, source.cache_dir)?;
        let (names, recipe) = (names(&clips), preparation.recipe.clone());
        let mut material = Self { clips, names, split, prepared, recipe };
        for corpus in source.more_corpora {
            let more = read_clips(source.folder, corpus)?;
            if more.iter().any(|clip| material.clips.iter().any(|own| own.path == clip.path)) {
                let mistakes = vec![format!(
                    "more_corpora: {corpus} has the same clips again, since the data tell of no corpora"
                )];
                return Err(TrainError::Clips { folder: source.folder.to_owned(), mistakes });
            }
            let prepared = prepare_cached(&more, &preparation, source.cache_dir)?;
            material = material.with_more(more, prepared);
        }
        match material.examples(&[Part::Training]).is_empty() {
            true => {
                let mistakes = vec!["speech was found in no clip to learn from".into()];
                Err(TrainError::Split { mistakes }.about_clips_of(source.folder))
            }
            false => Ok(material),
        }
    }

    fn with_more(mut self, more: Vec<Clip>, prepared: Prepared) -> Self {
        let behind = self.clips.len();
        self.split = self.split.with_more(&self.clips, &more);
        self.clips.extend(more);
        self.prepared.duplicates.extend(prepared.duplicates.iter().map(|clip| behind + clip));
        let moved = prepared.utterances.into_iter();
        let moved = moved.map(|utterance| Utterance { clip: behind + utterance.clip, ..utterance });
        self.prepared.utterances.extend(moved);
        self
    }

    /// Text that differs when clips, their labels, speakers or parts, or the features differ.
    pub(crate) fn description(&self) -> String {
        let clips = self.clips.iter().enumerate();
        let clips = clips.map(|(index, clip)| {
            format!("{} {} {} {:?}", clip.name(), clip.emotion, clip.speaker, self.split.part(index))
        });
        let heard = self.prepared.utterances.iter();
        let heard = heard.map(|own| format!("{} {} {}", own.clip, own.playing, own.frames.len()));
        let lines: Vec<String> = clips.chain(heard).collect();
        format!("{}\n{}", self.recipe.fingerprint(), lines.join("\n"))
    }

    /// The clips of `parts`, to learn from them, played in all ways. Clips in which no speech was found are left out, and of
    /// clips with the same samples all but one.
    pub fn examples(&self, parts: &[Part]) -> Vec<Example<'_>> {
        let heard = self.views(|_| true);
        let example = |index: usize| Example {
            utterances: heard[index].clone(),
            label: self.clips[index].emotion.index(),
        };
        let indices = (0..self.clips.len()).filter(|&index| parts.contains(&self.split.part(index)));
        let learnt = indices.filter(|index| !self.prepared.duplicates.contains(index));
        learnt.filter(|&index| !heard[index].is_empty()).map(example).collect()
    }

    /// Clips that can be measured by, but in which no speech was found as recorded.
    pub fn without_speech(&self) -> Vec<usize> {
        let heard = self.views(|playing| playing == Playing::AS_RECORDED);
        (0..self.names.len()).filter(|&clip| heard[clip].is_empty()).collect()
    }

    /// Clips that can be measured by, but are not learnt from since they have the samples of others.
    pub fn copies(&self) -> Vec<usize> {
        self.prepared.duplicates.iter().copied().filter(|&clip| clip < self.names.len()).collect()
    }

    /// The clips of `part` as recorded; their indices beside them.
    pub fn trials(&self, part: Part) -> (Vec<usize>, Vec<Trial<'_>>) {
        let heard = self.views(|playing| playing == Playing::AS_RECORDED);
        let indices = self.split.clips(part);
        let trial = |&index: &usize| Trial {
            utterances: heard[index].clone(),
            label: self.clips[index].emotion.index(),
        };
        let trials = indices.iter().map(trial).collect();
        (indices, trials)
    }

    /// The clips of `part`, played otherwise than recorded, and prepared for that.
    pub fn played(&self, part: Part, playing: Playing) -> Result<PlayedClips, TrainError> {
        let clips: Vec<Clip> =
            self.split.clips(part).into_iter().map(|index| self.clips[index].clone()).collect();
        let (recipe, endpointing) = (self.recipe.clone(), Endpointing::default());
        let preparation = Preparation { recipe, endpointing, playings: vec![playing] };
        Ok(PlayedClips {
            labels: clips.iter().map(|clip| clip.emotion.index()).collect(),
            prepared: prepare(&clips, &preparation)?,
        })
    }

    /// Mean of each column over the clips to learn from, and its standard deviation with each utterance's own
    /// mean taken away.
    pub fn scale(&self) -> Scale {
        let examples = self.examples(&[Part::Training]);
        let dim = self.prepared.utterances.first().map_or(0, |utterance| utterance.frames.dim());
        let (mut sums, mut squares, mut count) = (vec![0.0_f64; dim], vec![0.0_f64; dim], 0_usize);
        for view in examples.iter().flat_map(|example| &example.utterances) {
            add_moments(*view, &mut sums, &mut squares);
            count += view.len();
        }
        let count = count.max(1) as f64;
        Scale {
            mean: sums.iter().map(|sum| (sum / count) as f32).collect(),
            deviation: squares.iter().map(|sum| (sum / count).sqrt().max(1e-3) as f32).collect(),
        }
    }

    /// Every clip's utterances, played in the ways that `wanted` accepts.
    fn views(&self, wanted: impl Fn(Playing) -> bool) -> Vec<Vec<FramesView<'_>>> {
        self.prepared.by_clip(self.clips.len(), wanted)
    }
}

fn add_moments(view: FramesView<'_>, sums: &mut [f64], squares: &mut [f64]) {
    let mut mean = vec![0.0_f64; view.dim];
    for row in view.values.chunks_exact(view.dim) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value) / view.len() as f64);
    }
    sums.iter_mut().zip(&mean).for_each(|(sum, mean)| *sum += mean * view.len() as f64);
    for row in view.values.chunks_exact(view.dim) {
        for ((sum, value), mean) in squares.iter_mut().zip(row).zip(&mean) {
            *sum += (f64::from(*value) - mean).powi(2);
        }
    }
}
