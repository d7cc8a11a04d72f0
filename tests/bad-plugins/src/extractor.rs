//! An extractor: every whole hop of samples is a frame of its first sample and 1.

use crate::command::Sleep;
use crate::extractor_behaviour::Behaviour;
use crate::harm::{allocate, alone, crash, hang, leak, other_number};
use serde::Deserialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use undertone_plugin_sdk::{
    EndReason, ExtractorInstance, ExtractorPlugin, Failure, FrameWriter, Host, Layout, Plugin,
};

const HOP: usize = 160;
/// Instances of a plugin that makes few.
const FEW: usize = 3;

/// What all instances write to, when they are asked to mix their streams.
static SHARED: Mutex<Vec<f32>> = Mutex::new(Vec::new());

#[derive(Deserialize)]
struct Configuration {
    recipe: Recipe,
}

#[derive(Deserialize)]
struct Recipe {
    behaviour: String,
}

/// The extractor.
#[derive(Debug)]
pub struct FaultyExtractor {
    behaviour: Behaviour,
    sleep: Sleep,
    instances: AtomicUsize,
}

impl Plugin for FaultyExtractor {
    const NAME: &'static str = "faulty_extractor";
    const VERSION: &'static str = "1.0.0";

    fn open(_host: Host, configuration: &str) -> Result<Self, Failure> {
        let read: Configuration = serde_json::from_str(configuration).map_err(|e| Failure::refused(&e))?;
        let (name, sleep) = Sleep::of(&read.recipe.behaviour);
        let behaviour = serde_json::from_value(name.into()).map_err(|e| Failure::refused(&e))?;
        Ok(Self { behaviour, sleep, instances: AtomicUsize::new(0) })
    }
}

impl ExtractorPlugin for FaultyExtractor {
    type Instance = FaultyStream;

    fn layout(&self) -> Layout {
        let second = if self.behaviour == Behaviour::TwinColumns { "first" } else { "one" };
        Layout {
            sample_rate_hz: if self.behaviour == Behaviour::OtherRate { 8_000 } else { 16_000 },
            hop_samples: HOP as u32,
            window_samples: HOP as u32,
            look_ahead_frames: 0,
            fingerprint: if self.behaviour == Behaviour::NoFingerprint { "" } else { "faulty" }.to_owned(),
            columns: vec!["first".to_owned(), second.to_owned()],
        }
    }

    fn new_instance(&self) -> Result<FaultyStream, Failure> {
        let made = self.instances.fetch_add(1, Ordering::Relaxed);
        match self.behaviour {
            Behaviour::FewInstances if made >= FEW => return Err(Failure::failed("there are enough")),
            Behaviour::MakesOneAtATime => alone(|| ())?,
            _ => {}
        }
        Ok(FaultyStream {
            of_plugin: self.behaviour,
            sleep: self.sleep,
            activations: 0,
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
    of_plugin: Behaviour,
    sleep: Sleep,
    activations: usize,
    waiting: Vec<f32>,
    frames: usize,
    hoard: Vec<f32>,
    poison: f32,
    usual_push: usize,
    made_on: ThreadId,
}

impl FaultyStream {
    /// What it does now.
    fn behaviour(&self) -> Behaviour {
        match self.sleep {
            Sleep::Awake => self.of_plugin,
            Sleep::UntilAsked | Sleep::UntilLong => Behaviour::Good,
        }
    }

    /// What goes wrong before anything is computed.
    fn begin(&mut self, samples: &[f32]) -> Result<(), Failure> {
        self.sleep.hear(samples.iter(), 0);
        if let Some(fault) = self.behaviour().on_command() {
            fault.obey(samples.iter())?;
        }
        match self.behaviour() {
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
            Behaviour::OneAtATime => alone(|| ())?,
            Behaviour::Allocates => allocate(100),
            Behaviour::Crash => crash(),
            Behaviour::Abort => std::process::abort(),
            Behaviour::Exit => std::process::exit(0),
            Behaviour::Hang => hang(),
            _ => {}
        }
        Ok(())
    }

    fn frame(&self, hop: &[f32], pushed: usize) -> [f32; 2] {
        let first = match self.behaviour() {
            Behaviour::Nan => f32::NAN,
            Behaviour::CutDependent => pushed as f32,
            Behaviour::Random => other_number(),
            Behaviour::NanInSilence => hop[0] / hop.iter().map(|sample| sample.abs()).sum::<f32>(),
            Behaviour::Clips if hop[0].abs() >= 1.0 => f32::NAN,
            Behaviour::NanWhenLoud if hop[0].abs() > 1_000.0 => f32::NAN,
            Behaviour::DividesByTiny if hop[0] != 0.0 => 1.0 / hop[0],
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
        self.activations += 1;
        if self.of_plugin == Behaviour::ActivatesOnce && self.activations > 1 {
            return Err(Failure::failed("it was active before"));
        }
        if self.behaviour() != Behaviour::ActivateRemembers {
            self.forget();
        }
        Ok(())
    }

    fn max_frames_for(&self, samples: usize) -> usize {
        match self.behaviour() {
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
        let heard = if self.behaviour() == Behaviour::Shared { &mut *shared } else { &mut waiting };
        heard.extend_from_slice(samples);
        let whole = if self.behaviour() == Behaviour::Late { 0 } else { heard.len() / HOP * HOP };
        for hop in heard[..whole].chunks(HOP) {
            self.frames += 1;
            if self.behaviour() != Behaviour::FirstIsMissing || self.frames > 1 {
                frames.append(&self.frame(hop, samples.len()))?;
            }
        }
        heard.drain(..whole);
        self.waiting = waiting;
        Ok(())
    }

    fn finish(&mut self, frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        match self.behaviour() {
            Behaviour::Late => {
                for hop in self.waiting.chunks_exact(HOP) {
                    frames.append(&self.frame(hop, 0))?;
                }
                Ok(())
            }
            Behaviour::Pads if self.waiting.len() + 1 == HOP => frames.append(&[0.0, 0.0]),
            Behaviour::OneTooMany => frames.append(&[0.0, 0.0]),
            Behaviour::NeedsAFrame => {
                assert!(self.frames > 0, "asked to");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn reset(&mut self, reason: EndReason) -> Result<(), Failure> {
        match self.behaviour() {
            Behaviour::NeedsAStream if self.frames == 0 => return Err(Failure::failed("nothing was heard")),
            Behaviour::IgnoresReset if reason == EndReason::RESET => return Ok(()),
            Behaviour::Remembers => return Ok(()),
            Behaviour::Leak => leak(100),
            _ => {}
        }
        self.forget();
        Ok(())
    }

    fn deactivate(&mut self) {
        if self.of_plugin == Behaviour::AbortsInStream && !self.waiting.is_empty() {
            std::process::abort();
        }
    }
}

impl Drop for FaultyStream {
    fn drop(&mut self) {
        if self.of_plugin == Behaviour::AbortsUnactivated && self.activations == 0 {
            std::process::abort();
        }
    }
}
