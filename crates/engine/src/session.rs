//! One stream, synchronously: bytes in, speech events and score requests out.

use crate::resumption::Acknowledger;
use crate::step::{Scope, ScoreRequest, Step};
use crate::utterance::{FinishedUtterance, OpenUtterance};
use crate::{Checkpoint, Control, Event, ResumePoint, SessionError, SpeechEdge, Trigger, warning};
use std::collections::VecDeque;
use std::ops::Range;
use undertone_audio::{
    AudioFormat, AudioLimits, AudioReader, EndCause, Endpointing, Hearing, LevelMeter, SegmentEvent,
    Segmenter,
};
use undertone_core::{EndReason, Extractor, FrameGrid, Frames, FramesView, SampleRange};

/// Samples between two looks at the segmenter: its own frame of 16 ms. Work happens at multiples of it,
/// counted from the stream's start, so that the cut of the audio into messages cannot matter.
const STEP_SAMPLES: u64 = 256;
/// Bytes decoded at a time, so that an idle stream does not hold the room that its largest message took.
const PUSH_BYTES: usize = 4096;
/// The same of compressed audio, in which a few bytes can be a minute of silence.
const PUSH_COMPRESSED_BYTES: usize = 64;
/// Behind so many samples the rest of a push waits, so that no stream holds its worker.
const PUSH_SAMPLES: u64 = 160_000;
/// Room for decoded samples that a stream keeps.
const KEPT_SAMPLES: usize = 8192;
/// Room for frames that a stream keeps while nobody speaks.
const KEPT_FRAMES: usize = 32;

/// What a session needs to know.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// How the bytes are to be understood.
    pub format: AudioFormat,
    /// What the decoder may be asked for.
    pub limits: AudioLimits,
    /// When an utterance begins and ends.
    pub endpointing: Endpointing,
    /// Samples at 16 kHz between interim updates; `None` for no updates.
    pub interim_hop: Option<u64>,
    /// How much more probable another label must be before it is shown in place of the one shown before, 0 to 1.
    pub hysteresis: f32,
    /// Utterances of fewer frames are not scored.
    pub min_frames: usize,
    /// Where in its stream the session begins: the first byte is that of this place's sample.
    pub from: ResumePoint,
    /// Whether the client comes back when the stream breaks off, and is told what it may forget. Only for a format that
    /// names its rate.
    pub acknowledge: bool,
    /// Whether all of the audio is there from the start. Nobody speaks then, and no update is left out.
    pub is_recording: bool,
    /// Whether a stream that has as much audio as it may have ends in order, with answers to all of it; otherwise it fails.
    pub answer_the_longest: bool,
    /// Whether final answers carry the frames that the model was shown, for other models to score.
    pub hand_out_frames: bool,
}

/// One stream's decoder, extractor and segmenter.
pub struct Session {
    reader: AudioReader,
    push_bytes: usize,
    extractor: Box<dyn Extractor>,
    segmenter: Segmenter,
    grid: FrameGrid,
    interim_hop: Option<u64>,
    min_frames: usize,
    /// Updates are about new frames only, in multiples of this.
    step_frames: Option<usize>,
    /// Whether any byte came.
    begun: bool,
    /// Decoded and not yet processed.
    samples: Vec<f32>,
    /// Samples processed since the stream's start.
    position: u64,
    frames: Frames,
    /// Index of the first kept frame, from the stream's start.
    first_frame: u64,
    segment_events: Vec<SegmentEvent>,
    utterances_begun: u32,
    open: Option<OpenUtterance>,
    finished: VecDeque<FinishedUtterance>,
    level: LevelMeter,
    hearing: Hearing,
    acknowledger: Option<Acknowledger>,
    thinning: bool,
    /// Updates that were left out and not yet counted.
    thinned: u64,
}

impl Session {
    /// A session at `config.from`. With `step_frames`, updates ask about new frames only, in multiples of it.
    pub fn new(
        config: &SessionConfig,
        extractor: Box<dyn Extractor>,
        step_frames: Option<usize>,
    ) -> Result<Self, SessionError> {
        let layout = extractor.layout();
        let from = config.from.checkpoint;
        let grid = (layout.grid, STEP_SAMPLES);
        let rate = config.format.sample_rate.filter(|_| config.acknowledge);
        let acknowledger = rate.map(|rate| Acknowledger::new(from, rate, grid));
        Ok(Self {
            reader: AudioReader::new(config.format, config.limits)?,
            push_bytes: if config.format.encoding.is_compressed() {
                PUSH_COMPRESSED_BYTES
            } else {
                PUSH_BYTES
            },
            segmenter: Segmenter::going_on(&config.endpointing, from.position, from.answered_until),
            grid: layout.grid,
            frames: Frames::new(layout.dim),
            interim_hop: config.interim_hop.filter(|&hop| hop > 0),
            min_frames: config.min_frames.max(1),
            step_frames,
            begun: false,
            samples: Vec::new(),
            position: from.position,
            first_frame: from.position / u64::from(layout.grid.hop_samples),
            segment_events: Vec::new(),
            utterances_begun: from.utterances,
            open: None,
            finished: VecDeque::new(),
            level: LevelMeter::new(),
            hearing: Hearing::new(from.position),
            acknowledger,
            thinning: false,
            thinned: 0,
            extractor,
        })
    }

    /// Where the stream can be taken up; `None` when the client does not come back.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.acknowledger.as_ref().map(Acknowledger::latest)
    }

    /// Samples heard, at 16 kHz.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Rows named by a [`ScoreRequest`].
    pub fn frames(&self, rows: Range<usize>) -> FramesView<'_> {
        self.frames.view(rows)
    }

    /// Takes the next bytes; says how many. The others are to be given again.
    pub fn push(&mut self, bytes: &[u8], steps: &mut Vec<Step>) -> Result<usize, SessionError> {
        self.begun |= !bytes.is_empty();
        let (until, mut taken) = (self.position + PUSH_SAMPLES, 0);
        while taken < bytes.len() && self.position < until {
            let end = bytes.len().min(taken + self.push_bytes);
            self.reader.push(&bytes[taken..end], &mut self.samples)?;
            self.process(false, steps)?;
            self.samples.shrink_to(KEPT_SAMPLES);
            taken = end;
        }
        Ok(taken)
    }

    /// From now on, updates that fall due are left out, or no longer. What an update would have brought, the next one does.
    pub(crate) fn thin_updates(&mut self, thinning: bool) {
        self.thinning = thinning;
    }

    /// Updates that were left out since the last call.
    pub(crate) fn take_thinned(&mut self) -> u64 {
        std::mem::take(&mut self.thinned)
    }

    /// Does what the client asked for.
    pub fn control(&mut self, control: Control, steps: &mut Vec<Step>) -> Result<(), SessionError> {
        match control {
            Control::Flush => self.request_update(Trigger::Flush, steps),
            Control::EndUtterance => {
                self.process(true, steps)?;
                self.segmenter.end_utterance(&mut self.segment_events);
                self.take_segment_events(steps);
                self.request_finals(steps);
            }
        }
        Ok(())
    }

    /// The audio ended: answers everything that is open, also where its last bytes make no sample. A stream in which
    /// nothing was ever sent is no mistake.
    pub fn finish(&mut self, steps: &mut Vec<Step>) -> Result<(), SessionError> {
        let ended = if self.begun { self.reader.finish(&mut self.samples) } else { Ok(()) };
        self.wind_up(steps)?;
        Ok(ended?)
    }

    /// The stream ends before its audio did: answers everything that was heard.
    pub fn wind_up(&mut self, steps: &mut Vec<Step>) -> Result<(), SessionError> {
        self.process(true, steps)?;
        self.extractor.finish(&mut self.frames)?;
        self.segmenter.finish(&mut self.segment_events);
        self.take_segment_events(steps);
        let end = self.first_frame + self.frames.len() as u64;
        for utterance in &mut self.finished {
            utterance.end_frame = utterance.end_frame.min(end);
        }
        self.request_finals(steps);
        Ok(())
    }

    /// Drops frames that no later request can need. Rows of earlier requests are void afterwards.
    pub fn forget_answered(&mut self) {
        let keep = self.grid.frames_centred_in(SampleRange { start: 0, end: self.needed_from() }).end;
        let droppable = keep.saturating_sub(self.first_frame).min(self.frames.len() as u64);
        self.frames.drop_front(droppable as usize);
        self.frames.shrink_to(KEPT_FRAMES);
        self.first_frame += droppable;
        self.hearing.forget_before(self.needed_from());
    }

    /// No utterance that is still to be answered begins before this sample.
    fn needed_from(&self) -> u64 {
        let earliest = self.finished.front().map_or(u64::MAX, |utterance| utterance.interval.start);
        self.segmenter.earliest_start().min(earliest)
    }

    /// Ends the session, telling the extractor why, and hands the extractor back unless it failed.
    pub fn close(mut self, reason: EndReason) -> Option<Box<dyn Extractor>> {
        match self.extractor.reset(reason) {
            Ok(()) => Some(self.extractor),
            Err(error) => {
                tracing::warn!(%error, "an extractor could not be reset and is given up");
                None
            }
        }
    }

    /// Works through the decoded samples step by step; a last part-filled step only when `all` is asked for.
    fn process(&mut self, all: bool, steps: &mut Vec<Step>) -> Result<(), SessionError> {
        let samples = std::mem::take(&mut self.samples);
        let mut rest = samples.as_slice();
        loop {
            let until_step = (STEP_SAMPLES - self.position % STEP_SAMPLES) as usize;
            let take = if rest.len() >= until_step {
                until_step
            } else if all && !rest.is_empty() {
                rest.len()
            } else {
                break;
            };
            let (block, later) = rest.split_at(take);
            self.process_block(block, steps)?;
            rest = later;
        }
        let processed = samples.len() - rest.len();
        self.samples = samples;
        self.samples.drain(..processed);
        Ok(())
    }

    fn process_block(&mut self, block: &[f32], steps: &mut Vec<Step>) -> Result<(), SessionError> {
        self.extractor.push(block, &mut self.frames)?;
        self.segmenter.push(block, &mut self.segment_events);
        self.level.push(block);
        self.hearing.push(block);
        self.position += block.len() as u64;
        self.take_segment_events(steps);
        self.request_finals(steps);
        if self.open.as_mut().is_some_and(|open| open.update_due(self.position)) {
            match self.thinning {
                true => self.thinned += 1,
                false => self.request_update(Trigger::Interval, steps),
            }
        }
        let needed_from = self.needed_from();
        let moved = self.acknowledger.as_mut().and_then(|own| own.look(self.position, needed_from));
        steps.extend(moved.map(Step::Acknowledge));
        Ok(())
    }

    fn take_segment_events(&mut self, steps: &mut Vec<Step>) {
        let mut events = std::mem::take(&mut self.segment_events);
        for event in events.drain(..) {
            match event {
                SegmentEvent::SpeechBegin { at, .. } => self.begin_utterance(at, steps),
                SegmentEvent::SpeechEnd { utterance, cause, .. } => {
                    self.end_utterance(utterance, trigger_of(cause), steps);
                }
            }
        }
        self.segment_events = events;
    }

    fn begin_utterance(&mut self, at: u64, steps: &mut Vec<Step>) {
        self.utterances_begun += 1;
        self.open = Some(OpenUtterance::new(self.utterances_begun, at, self.interim_hop));
        self.level = LevelMeter::new();
        steps.push(Step::Tell(Event::Speech(SpeechEdge::Begin(at))));
    }

    fn end_utterance(&mut self, interval: SampleRange, trigger: Trigger, steps: &mut Vec<Step>) {
        let Some(open) = self.open.take() else { return };
        steps.push(Step::Tell(Event::Speech(SpeechEdge::End(interval.end))));
        let warning = warning::about_level(self.level.level(), interval);
        steps.extend(warning.map(|warning| Step::Tell(Event::Warning(warning))));
        let end_frame = self.grid.frames_centred_in(interval).end;
        let heard = self.hearing.heard(interval);
        self.finished.push_back(FinishedUtterance {
            number: open.number,
            interval,
            trigger,
            end_frame,
            heard,
        });
    }

    /// Asks for the final answers of the finished utterances whose frames are all there.
    fn request_finals(&mut self, steps: &mut Vec<Step>) {
        let available = self.first_frame + self.frames.len() as u64;
        while let Some(utterance) = self.finished.pop_front_if(|utterance| utterance.end_frame <= available) {
            let rows = self.rows_from(utterance.interval.start, utterance.end_frame);
            let needed_from = self.needed_from();
            let settle =
                |own: &mut Acknowledger| own.settle(utterance.interval.end, utterance.number, needed_from);
            let checkpoint = self.acknowledger.as_mut().map(settle);
            if rows.len() < self.min_frames {
                let warning = warning::too_short(&utterance, [rows.len(), self.min_frames]);
                steps.push(Step::Tell(Event::Warning(warning)));
                continue;
            }
            steps.push(Step::Score(ScoreRequest {
                utterance: utterance.number,
                trigger: utterance.trigger,
                interval: utterance.interval,
                rows,
                scope: Scope::Whole,
                audio_processed: self.position,
                heard: utterance.heard,
                checkpoint,
            }));
        }
    }

    /// Asks for an answer about what was said so far. An interval that brought no new speech needs none.
    fn request_update(&mut self, trigger: Trigger, steps: &mut Vec<Step>) {
        let Some(interval) = self.segmenter.spoken_so_far() else { return };
        let Some(open) = &mut self.open else { return };
        if !open.brings_news(interval.end) && trigger == Trigger::Interval {
            return;
        }
        let utterance = open.number;
        let available = self.first_frame + self.frames.len() as u64;
        let end_frame = self.grid.frames_centred_in(interval).end.min(available);
        let rows = self.rows_from(interval.start, end_frame);
        if rows.len() < self.min_frames {
            return;
        }
        let (rows, scope) = match (self.step_frames, &mut self.open) {
            (Some(step), Some(open)) => open.go_on(rows, self.first_frame, step),
            _ => (rows, Scope::Whole),
        };
        let nothing_new = rows.is_empty();
        if nothing_new && (trigger == Trigger::Interval || scope == (Scope::GoingOn { first: true })) {
            return;
        }
        let audio_processed = self.position;
        steps.push(Step::Score(ScoreRequest {
            utterance,
            trigger,
            interval,
            rows,
            scope,
            audio_processed,
            heard: None,
            checkpoint: None,
        }));
    }

    fn rows_from(&self, start_sample: u64, end_frame: u64) -> Range<usize> {
        let first = self.grid.frames_centred_in(SampleRange { start: 0, end: start_sample }).end;
        let first = first.max(self.first_frame);
        let start = (first - self.first_frame) as usize;
        start..start.max(end_frame.saturating_sub(self.first_frame) as usize)
    }
}

fn trigger_of(cause: EndCause) -> Trigger {
    match cause {
        EndCause::Silence => Trigger::Silence,
        EndCause::MaxLength => Trigger::MaxLength,
        EndCause::Requested => Trigger::EndUtterance,
        EndCause::StreamEnd => Trigger::EndOfStream,
    }
}
