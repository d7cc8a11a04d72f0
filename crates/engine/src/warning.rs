//! What a client should know about its audio.

use crate::utterance::FinishedUtterance;
use crate::{Warning, WarningKind};
use undertone_audio::Level;
use undertone_core::SampleRange;

/// An utterance whose loudest sample stays under -50 dB of full scale draws a warning.
const LOW_PEAK: f32 = 0.003;
/// An utterance with more than this share of samples at full scale draws a warning.
const CLIPPED_SHARE: f64 = 0.01;

/// A warning about an utterance that is too quiet or too loud.
pub(crate) fn about_level(level: Level, interval: SampleRange) -> Option<Warning> {
    let clipped_share = level.clipped as f64 / level.samples.max(1) as f64;
    let (kind, message) = if level.peak < LOW_PEAK {
        let decibels = 20.0 * level.peak.max(f32::MIN_POSITIVE).log10();
        let message = format!("the speech peaks at {decibels:.0} dB of full scale; raise the input level");
        (WarningKind::LowLevel, message)
    } else if clipped_share > CLIPPED_SHARE {
        let percent = clipped_share * 100.0;
        let message = format!("{percent:.1} % of the samples are at full scale; lower the input level");
        (WarningKind::Clipping, message)
    } else {
        return None;
    };
    Some(Warning { kind, message, at: interval.start })
}

/// A warning about an utterance with fewer frames than the model needs.
pub(crate) fn too_short(utterance: &FinishedUtterance, [frames, needed]: [usize; 2]) -> Warning {
    let number = utterance.number;
    let message =
        format!("utterance {number} has {frames} frames, the model needs {needed}: it is not scored");
    Warning { kind: WarningKind::TooShort, message, at: utterance.interval.start }
}
