//! The names of a frame's columns.

use crate::{Block, LogMel, Mfcc, Prosody, Recipe};

impl Recipe {
    /// Names of the columns, in order.
    pub(crate) fn columns(&self) -> Vec<String> {
        self.blocks.iter().flat_map(Block::columns).collect()
    }
}

impl Block {
    pub(crate) fn columns(&self) -> Vec<String> {
        match self {
            Self::LogMel(block) => block.columns(),
            Self::Mfcc(block) => block.columns(),
            Self::Prosody(block) => block.columns(),
        }
    }
}

impl LogMel {
    fn columns(&self) -> Vec<String> {
        (0..self.mel.bins).map(|bin| format!("mel_{bin:02}")).collect()
    }
}

impl Mfcc {
    fn columns(&self) -> Vec<String> {
        let suffixes = ["", "_delta", "_delta2"].into_iter().take(1 + self.deltas as usize);
        suffixes
            .flat_map(|suffix| (0..self.coefficients).map(move |k| format!("mfcc_{k:02}{suffix}")))
            .collect()
    }
}

impl Prosody {
    fn columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        if self.rms {
            columns.push("rms".to_owned());
        }
        if self.zcr {
            columns.push("zcr".to_owned());
        }
        if self.f0.is_some() {
            columns.extend(["f0_hz".to_owned(), "voicing".to_owned()]);
        }
        columns
    }
}
