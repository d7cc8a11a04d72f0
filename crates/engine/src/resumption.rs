//! Where a stream that broke off can be taken up again, by this server or another one.
//!
//! Nothing is kept for a stream that is gone. Its client keeps the audio behind the last acknowledged sample, and a new
//! session hears that again: first some that tunes ear and frames, then what has no final answer yet.

use undertone_core::{FrameGrid, PIPELINE_RATE, SampleRate};

/// Audio in front of what is to be answered that a session hears again, 1 s: voice detector and frames look back.
const WARM_UP: u64 = 16_000;
/// A session looks so often whether there is more to acknowledge, 1 s of audio.
const LOOK_EVERY: u64 = 16_000;

/// A place in a stream up to which all is answered. The default is the stream's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// The sample from which on the audio must be heard again; what lies before it may be forgotten.
    pub position: u64,
    /// No utterance that begins before this sample is still to be answered.
    pub answered_until: u64,
    /// Utterances that ended before it.
    pub utterances: u32,
}

/// A checkpoint with what was answered until then. The default is the stream's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResumePoint {
    /// Where to go on.
    pub checkpoint: Checkpoint,
    /// Number of the last answer.
    pub sequence: u64,
    /// Final answers given.
    pub finals: u32,
}

/// Finds checkpoints at which audio, segmenter and frames can all begin.
#[derive(Debug)]
pub(crate) struct Acknowledger {
    unit: u64,
    latest: Checkpoint,
    next_look: u64,
}

impl Acknowledger {
    /// Checkpoints lie at multiples of `step` and of the frames' hop that are whole samples at the `source`'s rate.
    pub(crate) fn new(from: Checkpoint, source: SampleRate, (grid, step): (FrameGrid, u64)) -> Self {
        let unit = [u64::from(grid.hop_samples), step].into_iter().fold(common_grid(source), common_multiple);
        Self { unit, latest: from, next_look: from.position + LOOK_EVERY }
    }

    /// The latest checkpoint.
    pub(crate) fn latest(&self) -> Checkpoint {
        self.latest
    }

    /// An utterance that ended at `end` is answered, and audio before `needed_from` is not needed any more.
    pub(crate) fn settle(&mut self, end: u64, number: u32, needed_from: u64) -> Checkpoint {
        self.latest.answered_until = self.latest.answered_until.max(end);
        self.latest.utterances = number;
        self.advance(needed_from);
        self.latest
    }

    /// At most once per second of audio, the latest checkpoint when it has moved since `needed_from` did last.
    pub(crate) fn look(&mut self, position: u64, needed_from: u64) -> Option<Checkpoint> {
        if position < self.next_look {
            return None;
        }
        self.next_look = position + LOOK_EVERY;
        let before = self.latest.position;
        self.advance(needed_from);
        (self.latest.position > before).then_some(self.latest)
    }

    fn advance(&mut self, needed_from: u64) {
        let position = needed_from.saturating_sub(WARM_UP) / self.unit * self.unit;
        self.latest.position = self.latest.position.max(position);
    }
}

/// Every multiple of so many pipeline samples is a whole number of samples at `rate`.
fn common_grid(rate: SampleRate) -> u64 {
    let pipeline = u64::from(PIPELINE_RATE.hz());
    pipeline / common_divisor(pipeline, u64::from(rate.hz()))
}

fn common_multiple(one: u64, other: u64) -> u64 {
    one / common_divisor(one, other) * other
}

fn common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: FrameGrid = FrameGrid { hop_samples: 160, window_samples: 400 };

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).expect("an accepted rate")
    }

    #[test]
    fn positions_on_the_common_grid_are_whole_samples_at_any_rate() {
        for hz in [8_000, 11_025, 16_000, 22_050, 44_100, 44_101, 48_000] {
            let grid = common_grid(rate(hz));
            assert_eq!(grid * u64::from(hz) % u64::from(PIPELINE_RATE.hz()), 0, "{hz} Hz, {grid}");
        }
        assert_eq!(common_grid(rate(44_100)), 160);
    }

    #[test]
    fn checkpoints_lie_where_frames_steps_and_source_samples_all_begin() {
        let mut acknowledger = Acknowledger::new(Checkpoint::default(), rate(11_025), (GRID, 256));
        let checkpoint = acknowledger.settle(90_000, 3, 100_000);
        assert_eq!(checkpoint, Checkpoint { position: 83_200, answered_until: 90_000, utterances: 3 });
        assert_eq!([160, 256, 640].map(|unit| checkpoint.position % unit), [0; 3]);
    }

    #[test]
    fn silence_is_acknowledged_once_per_second_and_speech_not_at_all() {
        let mut acknowledger = Acknowledger::new(Checkpoint::default(), PIPELINE_RATE, (GRID, 256));
        let told = |position: u64, needed_from: u64, own: &mut Acknowledger| {
            own.look(position, needed_from).map(|checkpoint| checkpoint.position)
        };
        assert_eq!(told(15_999, 15_999, &mut acknowledger), None, "too early");
        assert_eq!(told(16_000, 16_000, &mut acknowledger), None, "the warm-up is still needed");
        assert_eq!(told(32_000, 32_000, &mut acknowledger), Some(15_360));
        assert_eq!(told(40_000, 40_000, &mut acknowledger), None, "told a moment ago");
        assert_eq!(told(48_000, 31_000, &mut acknowledger), None, "an utterance began there");
    }
}
