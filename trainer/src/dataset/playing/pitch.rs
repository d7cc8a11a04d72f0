//! Another pitch at the same pace: the clip is stretched in time, and played faster by as much.
//!
//! Stretched by overlap and add at the place where the waveform goes on most alike (WSOLA, Verhelst and Roelands 1993).

use super::{at_rate, rate_of};
use std::f32::consts::TAU;
use undertone_audio::AudioError;

/// Samples from piece to piece, 20 ms; a piece is twice as long.
const HOP: usize = 320;
/// A piece may come from so many samples earlier or later: a period of 80 Hz, the lowest voices, lies in reach.
const REACH: usize = 200;

/// `samples` at a pitch that is `cents` hundredths of a semitone higher.
pub(super) fn moved(samples: &[f32], cents: i32) -> Result<Vec<f32>, AudioError> {
    let ratio = 2_f64.powf(f64::from(cents) / 1_200.0);
    let rate = rate_of(ratio)?;
    let mut stretched = stretched(samples, ratio);
    if stretched.is_empty() {
        stretched.push(0.0);
    }
    at_rate(&stretched, rate)
}

/// `samples` made so many times as long, at the same pitch.
fn stretched(samples: &[f32], times: f64) -> Vec<f32> {
    let length = (samples.len() as f64 * times).round() as usize;
    let padded = padded(samples);
    let window: Vec<f32> =
        (0..2 * HOP).map(|index| 0.5 - 0.5 * (TAU * (index as f32 + 0.5) / (2 * HOP) as f32).cos()).collect();
    let mut out = vec![0.0; length + 3 * HOP];
    let mut natural = None;
    for start in (0..length + HOP).step_by(HOP) {
        let wanted = ((start as f64 / times).round() as usize).min(samples.len() + HOP) + REACH;
        let place = natural.map_or(wanted, |natural| most_alike(&padded, natural, wanted));
        let piece = &padded[place..place + 2 * HOP];
        for ((out, sample), weight) in out[start..].iter_mut().zip(piece).zip(&window) {
            *out += sample * weight;
        }
        natural = Some(place + HOP);
    }
    // The first piece begins a hop before the clip, where its window rises.
    out.drain(..HOP);
    out.truncate(length);
    out
}

/// With silence around it, so that every piece lies inside.
fn padded(samples: &[f32]) -> Vec<f32> {
    let mut padded = vec![0.0; HOP + REACH];
    padded.extend_from_slice(samples);
    padded.resize(padded.len() + 4 * HOP + 2 * REACH, 0.0);
    padded
}

/// The place near `wanted` from where `samples` go on most as they do from `natural`: the highest correlation, divided
/// by the root of the piece's own power so that loud places have no advantage.
fn most_alike(samples: &[f32], natural: usize, wanted: usize) -> usize {
    let model = &samples[natural..natural + HOP];
    let alike = |place: &usize| {
        let piece = &samples[*place..*place + HOP];
        let product: f32 = model.iter().zip(piece).map(|(one, other)| one * other).sum();
        let power: f32 = piece.iter().map(|sample| sample * sample).sum();
        product / power.max(1e-9).sqrt()
    };
    let places = (wanted - REACH..=wanted + REACH).map(|place| (alike(&place), place));
    let best = places.max_by(|one, other| {
        let nearer = other.1.abs_diff(wanted).cmp(&one.1.abs_diff(wanted));
        one.0.total_cmp(&other.0).then(nearer)
    });
    best.map_or(wanted, |(_, place)| place)
}
