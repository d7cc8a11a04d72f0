//! Utterances by voice activity.

use super::{EndCause, SegmentEvent};
use crate::Endpointing;
use crate::voice::{FRAME, Voice};
use undertone_core::{PIPELINE_RATE, SampleRange};

/// An utterance keeps so much of the silence behind its last speech: 150 ms, for fading consonants.
const TAIL: u64 = 2_400;
/// Within an utterance a frame is speech already this much below the threshold, so that it does not
/// fall apart.
const HYSTERESIS: f32 = 0.15;
/// Speech that has not lasted long enough yet may pause for so many frames, 96 ms, as in a stop consonant.
const PAUSE_FRAMES: u64 = 6;

/// Follows voice activity from frame to frame.
pub(crate) struct VoiceTracker {
    voice: Voice,
    threshold: f32,
    min_speech_frames: u64,
    hangover: u64,
    pre_roll: u64,
    max_utterance: u64,
    /// The frame under way; fewer than [`FRAME`] samples.
    frame: Vec<f32>,
    state: State,
    /// End of the utterance before; the next one cannot begin earlier.
    floor: u64,
    /// No frame that begins before this is speech.
    deaf_until: u64,
}

#[derive(Clone, Copy)]
enum State {
    Quiet,
    /// Speech that has not lasted long enough to count.
    Hesitant {
        start: u64,
        speech_frames: u64,
        pause_frames: u64,
    },
    Speaking {
        start: u64,
        last_speech: u64,
    },
}

impl VoiceTracker {
    pub(crate) fn new(settings: &Endpointing, answered_until: u64) -> Self {
        let samples = |duration| PIPELINE_RATE.samples_in(duration);
        Self {
            voice: Voice::new(),
            threshold: settings.threshold,
            min_speech_frames: samples(settings.min_speech).div_ceil(FRAME as u64).max(1),
            hangover: samples(settings.hangover),
            pre_roll: samples(settings.pre_roll),
            max_utterance: samples(settings.max_utterance).max(FRAME as u64),
            frame: Vec::with_capacity(FRAME),
            state: State::Quiet,
            floor: answered_until,
            deaf_until: answered_until,
        }
    }

    /// Where the utterance under way begins.
    pub(crate) fn open(&self) -> Option<u64> {
        match self.state {
            State::Speaking { start, .. } => Some(start),
            _ => None,
        }
    }

    /// The utterance under way, up to the end that it would have if nothing more were said.
    pub(crate) fn spoken_so_far(&self, position: u64) -> Option<SampleRange> {
        match self.state {
            State::Speaking { start, last_speech } => {
                Some(SampleRange { start, end: position.min(last_speech + TAIL) })
            }
            _ => None,
        }
    }

    pub(crate) fn earliest_start(&self, position: u64) -> u64 {
        let next_frame = position - self.frame.len() as u64;
        match self.state {
            State::Speaking { start, .. } => start,
            State::Hesitant { start, .. } => self.begin_of(start),
            State::Quiet => self.begin_of(next_frame),
        }
    }

    /// Takes the samples from `position` on.
    pub(crate) fn push(&mut self, mut samples: &[f32], mut position: u64, events: &mut Vec<SegmentEvent>) {
        while !samples.is_empty() {
            let taken = samples.len().min(FRAME - self.frame.len());
            let (head, rest) = samples.split_at(taken);
            self.frame.extend_from_slice(head);
            samples = rest;
            position += taken as u64;
            if self.frame.len() == FRAME {
                self.hear_frame(position - FRAME as u64, position, events);
            }
        }
    }

    /// Ends the utterance under way at `position`.
    pub(crate) fn end_utterance(&mut self, position: u64, events: &mut Vec<SegmentEvent>) {
        if let State::Speaking { start, .. } = self.state {
            self.close(SampleRange { start, end: position }, position, EndCause::Requested, events);
        }
    }

    /// Hears the last frame, filled up with silence, and ends the utterance under way.
    pub(crate) fn finish(&mut self, position: u64, events: &mut Vec<SegmentEvent>) {
        let left = self.frame.len();
        if left > 0 {
            self.frame.resize(FRAME, 0.0);
            self.hear_frame(position - left as u64, position, events);
        }
        if let State::Speaking { start, last_speech } = self.state {
            let end = position.min(last_speech + TAIL);
            self.close(SampleRange { start, end }, position, EndCause::StreamEnd, events);
        }
    }

    fn begin_of(&self, first_speech: u64) -> u64 {
        first_speech.saturating_sub(self.pre_roll).max(self.floor)
    }

    fn hear_frame(&mut self, from: u64, to: u64, events: &mut Vec<SegmentEvent>) {
        let probability = self.voice.probability(&self.frame);
        self.frame.clear();
        match self.state {
            State::Quiet => {
                if probability >= self.threshold && from >= self.deaf_until {
                    self.hesitate(from, 1, to, events);
                }
            }
            State::Hesitant { start, speech_frames, pause_frames } => {
                if probability >= self.threshold {
                    self.hesitate(start, speech_frames + 1, to, events);
                } else if pause_frames == PAUSE_FRAMES {
                    self.state = State::Quiet;
                } else {
                    self.state = State::Hesitant { start, speech_frames, pause_frames: pause_frames + 1 };
                }
            }
            State::Speaking { start, last_speech } => {
                let is_speech = probability >= self.threshold - HYSTERESIS;
                let last_speech = if is_speech { to } else { last_speech };
                self.state = State::Speaking { start, last_speech };
                self.end_when_due(start, last_speech, to, events);
            }
        }
    }

    /// One more frame of speech, up to `to`; when they are enough, an utterance begins.
    fn hesitate(&mut self, start: u64, speech_frames: u64, to: u64, events: &mut Vec<SegmentEvent>) {
        if speech_frames < self.min_speech_frames {
            self.state = State::Hesitant { start, speech_frames, pause_frames: 0 };
            return;
        }
        let at = self.begin_of(start);
        self.state = State::Speaking { start: at, last_speech: to };
        events.push(SegmentEvent::SpeechBegin { at, detected_at: to });
    }

    fn end_when_due(&mut self, start: u64, last_speech: u64, to: u64, events: &mut Vec<SegmentEvent>) {
        let cut = start.saturating_add(self.max_utterance);
        let silence = to - last_speech;
        if silence >= self.hangover {
            let end = to.min(last_speech + TAIL);
            self.close(SampleRange { start, end }, to, EndCause::Silence, events);
        } else if to > cut {
            let end = cut.min(last_speech + TAIL);
            self.close(SampleRange { start, end }, to, EndCause::MaxLength, events);
            if end == cut {
                // Somebody is still speaking: the next utterance begins where this one was cut.
                self.state = State::Speaking { start: cut, last_speech };
                events.push(SegmentEvent::SpeechBegin { at: cut, detected_at: to });
            }
        }
    }

    fn close(
        &mut self,
        utterance: SampleRange,
        detected_at: u64,
        cause: EndCause,
        events: &mut Vec<SegmentEvent>,
    ) {
        self.state = State::Quiet;
        self.floor = utterance.end;
        events.push(SegmentEvent::SpeechEnd { utterance, detected_at, cause });
    }
}
