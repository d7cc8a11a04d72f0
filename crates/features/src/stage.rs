//! What computes one block of a recipe.

use crate::mel::MelFilters;
use crate::mfcc::CosineTransform;
use crate::prosody::{rms, zero_crossing_rate};
use crate::sample_buffer::FrameSamples;
use crate::yin::Yin;
use crate::{Block, LogScale, Recipe};

/// One block with its tables and buffers.
#[derive(Debug, Clone)]
pub(crate) enum BlockStage {
    LogMel(LogMelStage),
    Mfcc(MfccStage),
    Prosody(ProsodyStage),
}

#[derive(Debug, Clone)]
pub(crate) struct LogMelStage {
    filters: MelFilters,
    log: LogScale,
    bins: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct MfccStage {
    bands: LogMelStage,
    band_values: Vec<f32>,
    transform: CosineTransform,
    coefficients: usize,
    /// Coefficients and their derivatives.
    columns: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct ProsodyStage {
    rms: bool,
    zcr: bool,
    f0: Option<(Yin, usize)>,
}

impl BlockStage {
    /// `recipe` is valid and `block` is one of its blocks.
    pub(crate) fn new(block: &Block, recipe: &Recipe) -> Self {
        let bands = |mel, log| LogMelStage::new(mel, log, recipe);
        match block {
            Block::LogMel(block) => Self::LogMel(bands(&block.mel, block.log)),
            Block::Mfcc(block) => {
                let coefficients = block.coefficients as usize;
                let bins = block.mel.bins as usize;
                Self::Mfcc(MfccStage {
                    bands: bands(&block.mel, block.log),
                    band_values: vec![0.0; bins],
                    transform: CosineTransform::new(coefficients, bins),
                    coefficients,
                    columns: coefficients * (1 + block.deltas as usize),
                })
            }
            Block::Prosody(block) => {
                let yin = |f0| (Yin::new(f0, recipe.sample_rate_hz), f0.span_samples as usize);
                Self::Prosody(ProsodyStage { rms: block.rms, zcr: block.zcr, f0: block.f0.as_ref().map(yin) })
            }
        }
    }

    pub(crate) fn needs_spectrum(&self) -> bool {
        matches!(self, Self::LogMel(_) | Self::Mfcc(_))
    }

    /// Writes the block's columns to the front of `row` and returns the columns behind them.
    /// Columns for derivatives keep what they held. `power` is empty when no block needs the spectrum.
    pub(crate) fn write<'a>(
        &mut self,
        frame: FrameSamples<'_>,
        power: &[f32],
        row: &'a mut [f32],
    ) -> &'a mut [f32] {
        let (own, rest) = row.split_at_mut(self.columns());
        match self {
            Self::LogMel(stage) => stage.write(power, own),
            Self::Mfcc(stage) => stage.write(power, own),
            Self::Prosody(stage) => stage.write(frame, own),
        }
        rest
    }

    fn columns(&self) -> usize {
        match self {
            Self::LogMel(stage) => stage.bins,
            Self::Mfcc(stage) => stage.columns,
            Self::Prosody(stage) => stage.columns(),
        }
    }
}

impl LogMelStage {
    fn new(mel: &crate::Mel, log: LogScale, recipe: &Recipe) -> Self {
        let filters = MelFilters::new(mel, recipe.fft_size as usize, recipe.sample_rate_hz);
        Self { filters, log, bins: mel.bins as usize }
    }

    fn write(&self, power: &[f32], out: &mut [f32]) {
        self.filters.apply(power, out);
        self.log.apply(out);
    }
}

impl MfccStage {
    fn write(&mut self, power: &[f32], out: &mut [f32]) {
        self.bands.write(power, &mut self.band_values);
        self.transform.apply(&self.band_values, &mut out[..self.coefficients]);
    }
}

impl ProsodyStage {
    fn columns(&self) -> usize {
        usize::from(self.rms) + usize::from(self.zcr) + if self.f0.is_some() { 2 } else { 0 }
    }

    fn write(&mut self, frame: FrameSamples<'_>, out: &mut [f32]) {
        let mut columns = out.iter_mut();
        let mut put = |value| {
            if let Some(column) = columns.next() {
                *column = value;
            }
        };
        if self.rms {
            put(rms(frame.window()));
        }
        if self.zcr {
            put(zero_crossing_rate(frame.window()));
        }
        if let Some((yin, span_samples)) = &mut self.f0 {
            let pitch = yin.pitch_of(frame.last(*span_samples));
            put(pitch.hz);
            put(pitch.voicing);
        }
    }
}
