//! How samples go to an extractor in a process, and frames come back.
//!
//! ```text
//! 8192  number of samples, why the stream ended, number of frames, the place that was given to a stream
//! 8256  samples, then frames
//! ```

use super::area::SharedArea;
use super::message::CONTENT;
use undertone_core::{EndReason, Frames};

/// Samples of one call at most; more go in several.
pub(crate) const PIECE_SAMPLES: usize = 1024;
const HEAD: usize = CONTENT;
const SAMPLES: usize = CONTENT + 64;
const VALUE_BYTES: usize = size_of::<f32>();
const REASONS: [EndReason; 6] = [
    EndReason::Finished,
    EndReason::Cancelled,
    EndReason::TimedOut,
    EndReason::Failed,
    EndReason::Drained,
    EndReason::Longest,
];

/// Bytes that a call takes which gives so many frames of `dim` values at most.
pub(crate) fn bytes(frames: usize, dim: usize) -> usize {
    SAMPLES + (PIECE_SAMPLES + frames * dim) * VALUE_BYTES
}

/// Writes the samples of a call, at most [`PIECE_SAMPLES`].
pub(crate) fn put_samples(area: &SharedArea, samples: &[f32]) {
    area.put(HEAD, &[samples.len() as u32, 0, 0, 0]);
    area.put(SAMPLES, samples);
}

/// The samples of a call; `None` for more than there can be.
pub(crate) fn samples(area: &SharedArea) -> Option<Vec<f32>> {
    let count = head(area)[0] as usize;
    let mut samples = vec![0.0; (count <= PIECE_SAMPLES).then_some(count)?];
    area.get(SAMPLES, &mut samples);
    Some(samples)
}

/// Writes why a stream ended.
pub(crate) fn put_reason(area: &SharedArea, reason: EndReason) {
    let number = REASONS.iter().position(|own| *own == reason).unwrap_or_default();
    area.put(HEAD, &[0, number as u32, 0, 0]);
}

/// Why a stream ended.
pub(crate) fn reason(area: &SharedArea) -> EndReason {
    REASONS.get(head(area)[1] as usize).copied().unwrap_or(EndReason::Failed)
}

/// Answers with frames behind the samples; false when they have no room.
pub(crate) fn put_frames(area: &SharedArea, frames: &Frames) -> bool {
    let at = frames_at(area);
    let has_room = at + frames.values().len() * VALUE_BYTES <= area.length();
    if has_room {
        area.put(at, frames.values());
        area.put(HEAD + 2 * size_of::<u32>(), &[frames.len() as u32]);
    }
    has_room
}

/// Takes the frames that came back for `samples` samples, which the other side cannot change; `None` when there are more than
/// fit, or a value is not finite: then `frames` is as before.
pub(crate) fn take_frames(area: &SharedArea, samples: usize, frames: &mut Frames) -> Option<usize> {
    let count = head(area)[2] as usize;
    let at = SAMPLES + samples * VALUE_BYTES;
    let bytes = count.checked_mul(frames.dim() * VALUE_BYTES)?;
    if bytes > area.length().saturating_sub(at) {
        return None;
    }
    let before = frames.len();
    let room = frames.grow(count);
    area.get(at, room);
    if room.iter().all(|value| value.is_finite()) {
        return Some(count);
    }
    frames.truncate(before);
    None
}

/// Answers with the place that a stream was given.
pub(crate) fn put_place(area: &SharedArea, place: u32) {
    area.put(HEAD, &[0, 0, 0, place]);
}

/// The place that a stream was given.
pub(crate) fn place(area: &SharedArea) -> u32 {
    head(area)[3]
}

fn frames_at(area: &SharedArea) -> usize {
    SAMPLES + (head(area)[0] as usize).min(PIECE_SAMPLES) * VALUE_BYTES
}

fn head(area: &SharedArea) -> [u32; 4] {
    let mut words = [0; 4];
    area.get(HEAD, &mut words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area() -> SharedArea {
        SharedArea::new(bytes(8, 2)).expect("memory")
    }

    fn frames(values: &[f32]) -> Frames {
        let mut frames = Frames::new(2);
        frames.grow(values.len() / 2).copy_from_slice(values);
        frames
    }

    #[test]
    fn samples_and_frames_come_as_they_were() {
        let (area, mut taken) = (area(), frames(&[9.0, 9.0]));
        put_samples(&area, &[0.5, -0.5, 0.25]);
        assert_eq!(samples(&area), Some(vec![0.5, -0.5, 0.25]));
        assert!(put_frames(&area, &frames(&[1.0, 2.0, 3.0, 4.0])));
        assert_eq!(take_frames(&area, 3, &mut taken), Some(2));
        assert_eq!(taken.values(), [9.0, 9.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn every_reason_and_every_place_comes_as_it_was() {
        let area = area();
        for own in REASONS {
            put_reason(&area, own);
            assert_eq!(reason(&area), own);
        }
        put_place(&area, 7);
        assert_eq!(place(&area), 7);
    }

    #[test]
    fn numbers_that_cannot_be_are_not_believed() {
        let (area, mut taken) = (area(), frames(&[9.0, 9.0]));
        area.put(HEAD, &[u32::MAX; 4]);
        assert_eq!(samples(&area), None);
        assert_eq!(reason(&area), EndReason::Failed);
        assert_eq!(take_frames(&area, 3, &mut taken), None);
        put_samples(&area, &[0.0; PIECE_SAMPLES]);
        assert!(!put_frames(&area, &frames(&[0.0; 18])), "there is room for 8");
        assert!(put_frames(&area, &frames(&[1.0, f32::NAN])));
        assert_eq!(take_frames(&area, PIECE_SAMPLES, &mut taken), None);
        assert_eq!(taken.values(), [9.0, 9.0]);
    }
}
