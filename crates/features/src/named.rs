//! The recipes that have a name.

use crate::{Block, F0, LogMel, LogScale, Mel, MelNorm, MelScale, Mfcc, Prosody, Recipe, WindowShape};

const NAMES: [&str; 5] = ["logmel64", "logmel80-slaney", "mfcc13", "mfcc13-deltas", "prosody"];

impl Recipe {
    /// The names that [`Recipe::named`] knows.
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// A recipe by its name, for 16 kHz audio in windows of 25 ms every 10 ms:
    ///
    /// - `logmel64`: what our models hear; 64 HTK bands from 50 to 7600 Hz, `ln(power + 1e-10)`.
    /// - `logmel80-slaney`: 80 Slaney bands from 0 to 8 kHz of equal area, in decibels.
    /// - `mfcc13`: 13 cepstral coefficients of 40 Slaney bands.
    /// - `mfcc13-deltas`: the same with first and second derivatives, 39 columns.
    /// - `prosody`: loudness, zero crossings, pitch and voicing.
    pub fn named(name: &str) -> Option<Self> {
        let block = match name {
            "logmel64" => Block::LogMel(LogMel { mel: htk_64(), log: LogScale::Natural { floor: 1e-10 } }),
            "logmel80-slaney" => {
                Block::LogMel(LogMel { mel: slaney(80), log: LogScale::Decibel { floor: 1e-10 } })
            }
            "mfcc13" => Block::Mfcc(mfcc_13(0)),
            "mfcc13-deltas" => Block::Mfcc(mfcc_13(2)),
            "prosody" => Block::Prosody(speech_prosody()),
            _ => return None,
        };
        Some(at_16_khz(block))
    }
}

fn at_16_khz(block: Block) -> Recipe {
    Recipe {
        sample_rate_hz: 16_000,
        window_samples: 400,
        hop_samples: 160,
        fft_size: 1024,
        window: WindowShape::HannPeriodic,
        blocks: vec![block],
    }
}

fn htk_64() -> Mel {
    Mel { bins: 64, f_min_hz: 50.0, f_max_hz: 7_600.0, scale: MelScale::Htk, norm: MelNorm::None }
}

fn slaney(bins: u32) -> Mel {
    Mel { bins, f_min_hz: 0.0, f_max_hz: 8_000.0, scale: MelScale::Slaney, norm: MelNorm::Slaney }
}

fn mfcc_13(deltas: u32) -> Mfcc {
    Mfcc {
        coefficients: 13,
        mel: slaney(40),
        log: LogScale::Decibel { floor: 1e-10 },
        deltas,
        delta_width: 9,
    }
}

fn speech_prosody() -> Prosody {
    let f0 = F0 { min_hz: 60.0, max_hz: 500.0, threshold: 0.15, span_samples: 800 };
    Prosody { rms: true, zcr: true, f0: Some(f0) }
}
