//! An extractor: every whole hop of samples is a frame of its first sample and 1.

use crate::command::Fault;
use crate::harm::{crash, hang, leak, other_number};
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use undertone_plugin_sdk::{
    EndReason, ExtractorInstance, ExtractorPlugin, Failure, FrameWriter, Host, Layout, Plugin,
};

const HOP: usize = 160;

/// What all instances write to, when they are asked to mix their streams.
static SHARED: Mutex<Vec<f32>> = Mutex::new(Vec::new());

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    Good,
    /// Panics when a push starts with a sample of exactly 0.5.
    Panic,
    /// Frames hold values that are not finite.
    Nan,
    /// Promises one frame at most and gives more.
    BrokenPromise,
    /// Promises more frames than memory has room for.
    Boundless,
    /// Wants 8 kHz.
    OtherRate,
    /// Frames tell how long their push was.
    CutDependent,
    /// A reset forgets nothing.
    Remembers,
    /// A reset forgets, but activation does not.
    ActivateRemembers,
    /// Gives every frame at the end.
    Late,
    /// Never gives the first frame.
    FirstIsMissing,
    /// Gives another frame at the end.
    OneTooMany,
    /// All instances work on one stream.
    Shared,
    /// Keeps memory of every stream.
    Leak,
    /// Keeps every sample of a stream.
    Hoards,
    /// Divides by the loudness.
    NanInSilence,
    /// Carries what was no number over resets.
    Poisoned,
    /// Frames are others every time.
    Random,
    /// Works only on the thread that made it.
    ThreadBound,
    /// Takes as many samples as it was told to expect, and no more.
    SmallPush,
    /// Fails at a push of nothing.
    NeedsSamples,
    /// Panics when a stream ends before its first frame.
    NeedsAFrame,
    /// Has no fingerprint.
    NoFingerprint,
    /// Two columns have one name.
    TwinColumns,
    /// Writes to a wrong place.
    Crash,
    /// Gives the process up.
    Abort,
    /// Ends the process as if all were well.
    Exit,
    /// Never returns.
    Hang,
    /// Right until a sample asks for a wrong access.
    SegfaultOnCommand,
    /// Right until a sample asks it never to return.
    HangOnCommand,
    /// Right until a sample asks for all memory.
    LeakOnCommand,
    /// Right until a sample asks for a panic.
    PanicOnCommand,
}

impl Behaviour {
    const fn on_command(self) -> Option<Fault> {
        match self {
            Self::SegfaultOnCommand => Some(Fault::Segfault),
            Self::HangOnCommand => Some(Fault::Hang),
            Self::LeakOnCommand => Some(Fault::Leak),
            Self::PanicOnCommand => Some(Fault::Panic),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Configuration {
    recipe: Recipe,
}

#[derive(Deserialize)]
struct Recipe {
    behaviour: Behaviour,
}

/// The extractor.
#[derive(Debug)]
pub struct FaultyExtractor(Behaviour);

impl Plugin for FaultyExtractor {
    const NAME: &'static str = "faulty_extractor";
    const VERSION: &'static str = "1.0.0";

    fn open(_host: Host, configuration: &str) -> Result<Self, Failure> {
        let read: Configuration = serde_json::from_str(configuration).map_err(|e| Failure::refused(&e))?;
        Ok(Self(read.recipe.behaviour))
    }
}

impl ExtractorPlugin for FaultyExtractor {
    type Instance = FaultyStream;

    fn layout(&self) -> Layout {
        let second = if self.0 == Behaviour::TwinColumns { "first" } else { "one" };
        Layout {
            sample_rate_hz: if self.0 == Behaviour::OtherRate { 8_000 } else { 16_000 },
            hop_samples: HOP as u32,
            window_samples: HOP as u32,
            look_ahead_frames: 0,
            fingerprint: if self.0 == Behaviour::NoFingerprint { "" } else { "faulty" }.to_owned(),
            columns: vec!["first".to_owned(), second.to_owned()],
        }
    }

    fn new_instance(&self) -> Result<FaultyStream, Failure> {
        Ok(FaultyStream {
            behaviour: self.0,
            waiting: Vec::new(),
            frames: 0,
            hoard: Vec::new(),
            poison: 0.0,
            usual_push: 0,
            made_on: thread::current().id(),
        })
    }
}

/// Its instance.
#[derive(Debug)]
pub struct FaultyStream {
    behaviour: Behaviour,
    waiting: Vec<f32>,
    frames: usize,
    hoard: Vec<f32>,
    poison: f32,
    usual_push: usize,
    made_on: ThreadId,
}

impl FaultyStream {
    /// What goes wrong before anything is computed.
    fn begin(&mut self, samples: &[f32]) -> Result<(), Failure> {
        if let Some(fault) = self.behaviour.on_command() {
            fault.obey(samples.iter())?;
        }
        match self.behaviour {
            Behaviour::Panic => assert!(samples.first() != Some(&0.5), "asked to"),
            Behaviour::SmallPush if samples.len() > self.usual_push => {
                return Err(Failure::refused("too many samples"));
            }
            Behaviour::NeedsSamples if samples.is_empty() => return Err(Failure::failed("no samples")),
            Behaviour::ThreadBound if thread::current().id() != self.made_on => {
                return Err(Failure::failed("another thread"));
            }
            Behaviour::Hoards => self.hoard.extend_from_slice(samples),
            Behaviour::Poisoned => self.poison += samples.iter().map(|sample| sample * 0.0).sum::<f32>(),
            Behaviour::Crash => crash(),
            Behaviour::Abort => std::process::abort(),
            Behaviour::Exit => std::process::exit(0),
            Behaviour::Hang => hang(),
            _ => {}
        }
        Ok(())
    }

    fn frame(&self, hop: &[f32], pushed: usize) -> [f32; 2] {
        let first = match self.behaviour {
            Behaviour::Nan => f32::NAN,
            Behaviour::CutDependent => pushed as f32,
            Behaviour::Random => other_number(),
            Behaviour::NanInSilence => hop[0] / hop.iter().map(|sample| sample.abs()).sum::<f32>(),
            _ => hop[0] + self.poison,
        };
        [first, 1.0]
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.frames = 0;
        self.hoard.clear();
        SHARED.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl ExtractorInstance for FaultyStream {
    fn activate(&mut self, usual_push_samples: usize) -> Result<(), Failure> {
        self.usual_push = usual_push_samples;
        if self.behaviour != Behaviour::ActivateRemembers {
            self.forget();
        }
        Ok(())
    }

    fn max_frames_for(&self, samples: usize) -> usize {
        match self.behaviour {
            Behaviour::Boundless => usize::MAX / 16,
            Behaviour::BrokenPromise => 1,
            Behaviour::Late => samples / HOP + 4_000,
            _ => samples / HOP + 1,
        }
    }

    fn push(&mut self, samples: &[f32], frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        self.begin(samples)?;
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = std::mem::take(&mut self.waiting);
        let heard = if self.behaviour == Behaviour::Shared { &mut *shared } else { &mut waiting };
        heard.extend_from_slice(samples);
        let whole = if self.behaviour == Behaviour::Late { 0 } else { heard.len() / HOP * HOP };
        for hop in heard[..whole].chunks(HOP) {
            self.frames += 1;
            if self.behaviour != Behaviour::FirstIsMissing || self.frames > 1 {
                frames.append(&self.frame(hop, samples.len()))?;
            }
        }
        heard.drain(..whole);
        self.waiting = waiting;
        Ok(())
    }

    fn finish(&mut self, frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        match self.behaviour {
            Behaviour::Late => {
                for hop in self.waiting.chunks_exact(HOP) {
                    frames.append(&self.frame(hop, 0))?;
                }
                Ok(())
            }
            Behaviour::OneTooMany => frames.append(&[0.0, 0.0]),
            Behaviour::NeedsAFrame => {
                assert!(self.frames > 0, "asked to");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn reset(&mut self, _reason: EndReason) -> Result<(), Failure> {
        if self.behaviour == Behaviour::Leak {
            leak(100);
        }
        if self.behaviour != Behaviour::Remembers {
            self.forget();
        }
        Ok(())
    }
}
