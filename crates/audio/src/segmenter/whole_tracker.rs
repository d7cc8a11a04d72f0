//! Utterances without voice activity: the whole stream, split at the longest duration.

use super::{EndCause, SegmentEvent};
use crate::Endpointing;
use undertone_core::{PIPELINE_RATE, SampleRange};

/// Tracks the one utterance that never ends by itself.
pub(crate) struct WholeTracker {
    max_utterance: u64,
    open: Option<u64>,
    /// No utterance begins earlier.
    floor: u64,
}

impl WholeTracker {
    pub(crate) fn new(settings: &Endpointing, answered_until: u64) -> Self {
        let max_utterance = PIPELINE_RATE.samples_in(settings.max_utterance).max(1);
        Self { max_utterance, open: None, floor: answered_until }
    }

    pub(crate) fn open(&self) -> Option<u64> {
        self.open
    }

    pub(crate) fn earliest_start(&self, position: u64) -> u64 {
        self.open.unwrap_or(position.max(self.floor))
    }

    /// `count` samples from `position` on came.
    pub(crate) fn push(&mut self, count: u64, position: u64, events: &mut Vec<SegmentEvent>) {
        let end = position + count;
        let mut position = position.max(self.floor);
        while position < end {
            let start = *self.open.get_or_insert_with(|| {
                events.push(SegmentEvent::SpeechBegin { at: position, detected_at: position });
                position
            });
            let cut = start.saturating_add(self.max_utterance);
            position = end.min(cut);
            if position == cut {
                self.end(cut, EndCause::MaxLength, events);
            }
        }
    }

    /// Ends the utterance under way at `position`.
    pub(crate) fn end(&mut self, position: u64, cause: EndCause, events: &mut Vec<SegmentEvent>) {
        if let Some(start) = self.open.take() {
            let utterance = SampleRange { start, end: position };
            events.push(SegmentEvent::SpeechEnd { utterance, detected_at: position, cause });
        }
    }
}
