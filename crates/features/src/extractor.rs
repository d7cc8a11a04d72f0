//! From samples to frames.

use crate::delta::DeltaStage;
use crate::sample_buffer::{FrameSamples, SampleBuffer};
use crate::spectrum::PowerSpectrum;
use crate::stage::BlockStage;
use crate::{Block, Recipe, RecipeError};
use std::sync::Arc;
use undertone_core::{FrameGrid, FrameLayout, Frames};

/// Computes a recipe's frames of one stream of samples.
///
/// Every push appends the frames that became complete. Pushing a clip whole or in any pieces gives the same
/// frames to the last bit. Samples that are not finite spoil the frames that look at them, and never panic.
///
/// ```
/// use undertone_core::Frames;
/// use undertone_features::{FeatureExtractor, Recipe};
///
/// let recipe = Recipe::named("logmel64").expect("a named recipe");
/// let mut extractor = FeatureExtractor::new(&recipe)?;
/// let mut frames = Frames::new(extractor.layout().dim);
/// extractor.push(&[0.0; 16_000], &mut frames);
/// extractor.finish(&mut frames);
/// assert_eq!((frames.len(), frames.dim()), (98, 64));
/// # Ok::<(), undertone_features::RecipeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FeatureExtractor {
    layout: Arc<FrameLayout>,
    buffer: SampleBuffer,
    rows: RowMaker,
    deltas: Option<DeltaStage>,
}

impl FeatureExtractor {
    /// An extractor for `recipe`, which is checked first. All memory is taken here.
    pub fn new(recipe: &Recipe) -> Result<Self, RecipeError> {
        recipe.validate()?;
        let columns = recipe.columns();
        let deltas = recipe.delta_stage(columns.len());
        let window = recipe.window_samples as usize;
        let history = recipe.longest_span().saturating_sub(window);
        Ok(Self {
            layout: Arc::new(FrameLayout {
                dim: columns.len(),
                grid: FrameGrid { hop_samples: recipe.hop_samples, window_samples: recipe.window_samples },
                look_ahead_frames: deltas.as_ref().map_or(0, DeltaStage::look_ahead) as u32,
                columns,
            }),
            buffer: SampleBuffer::new(window, recipe.hop_samples as usize, history),
            rows: RowMaker::new(recipe),
            deltas,
        })
    }

    /// What the frames look like. `look_ahead_frames` is the most that any frame waits for: with deltas of
    /// width `w` the clip's first frame waits for `w - 1` later ones, and from frame `w / 2` on it is `w / 2`.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// Takes the next samples and appends to `frames` every frame that became known.
    ///
    /// # Panics
    /// When `frames` holds rows of another length than `layout().dim`.
    pub fn push(&mut self, samples: &[f32], frames: &mut Frames) {
        let mut rest = samples;
        while !rest.is_empty() {
            rest = self.buffer.fill(rest);
            while let Some(frame) = self.buffer.next_frame() {
                let row = self.rows.make(frame);
                match &mut self.deltas {
                    Some(deltas) => deltas.push(row, frames),
                    None => frames.push_row(row),
                }
            }
        }
    }

    /// The stream is over: appends the frames that waited for later ones, and makes the extractor ready for
    /// another stream. Samples that do not fill a window give no frame.
    ///
    /// # Panics
    /// When `frames` holds rows of another length than `layout().dim`.
    pub fn finish(&mut self, frames: &mut Frames) {
        if let Some(deltas) = &mut self.deltas {
            deltas.finish(frames);
        }
        self.reset();
    }

    /// Forgets the stream; afterwards the extractor is as new.
    pub fn reset(&mut self) {
        self.buffer.reset();
        if let Some(deltas) = &mut self.deltas {
            deltas.reset();
        }
    }

    /// The most frames that one push of `samples` samples can append, whatever came before; with 0 samples the
    /// most that [`Self::finish`] can append.
    pub fn max_frames_for(&self, samples: usize) -> usize {
        samples.div_ceil(self.layout.grid.hop_samples as usize) + self.layout.look_ahead_frames as usize
    }
}

/// Computes single rows, without derivatives over time.
#[derive(Debug, Clone)]
struct RowMaker {
    spectrum: Option<PowerSpectrum>,
    stages: Vec<BlockStage>,
    row: Vec<f32>,
}

impl RowMaker {
    fn new(recipe: &Recipe) -> Self {
        let stages: Vec<_> = recipe.blocks.iter().map(|block| BlockStage::new(block, recipe)).collect();
        let spectrum = stages.iter().any(BlockStage::needs_spectrum).then(|| {
            PowerSpectrum::new(recipe.window, recipe.window_samples as usize, recipe.fft_size as usize)
        });
        Self { spectrum, stages, row: vec![0.0; recipe.columns().len()] }
    }

    fn make(&mut self, frame: FrameSamples<'_>) -> &[f32] {
        let Self { spectrum, stages, row } = self;
        let write = |power: &[f32]| {
            let mut rest = row.as_mut_slice();
            for stage in stages {
                rest = stage.write(frame, power, rest);
            }
        };
        match spectrum {
            Some(spectrum) => spectrum.of(frame.window(), write),
            None => write(&[]),
        }
        &self.row
    }
}

impl Recipe {
    /// Samples that the longest pitch analysis looks at; 0 without pitch.
    fn longest_span(&self) -> usize {
        let spans = self.blocks.iter().filter_map(|block| match block {
            Block::Prosody(prosody) => prosody.f0.as_ref().map(|f0| f0.span_samples as usize),
            Block::LogMel(_) | Block::Mfcc(_) => None,
        });
        spans.max().unwrap_or(0)
    }

    fn delta_stage(&self, dim: usize) -> Option<DeltaStage> {
        let mut first_column = 0;
        for block in &self.blocks {
            match block {
                Block::Mfcc(mfcc) if mfcc.deltas > 0 => {
                    let source = first_column..first_column + mfcc.coefficients as usize;
                    let (orders, width) = (mfcc.deltas as usize, mfcc.delta_width as usize);
                    return Some(DeltaStage::new(dim, source, orders, width));
                }
                _ => first_column += block.columns().len(),
            }
        }
        None
    }
}
