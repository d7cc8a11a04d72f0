//! A classifier.

use crate::command::Fault;
use crate::harm::{crash, hang, leak, other_number};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::thread::{self, ThreadId};
use undertone_plugin_sdk::{
    Call, ClassifierInstance, ClassifierLimits, ClassifierPlugin, Failure, Host, Item, Plugin, Shape,
    StateShape, StreamItems,
};

/// What the classifier does; the text of the file that a bundle calls its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Scores are the mean of the frames' first values, and zeroes.
    Good,
    /// Panics when it scores an item whose first value is above 0.
    Panic,
    /// Answers scores that are not numbers.
    Nan,
    /// Fails as a whole when it scores an item whose first value is above 0.
    Fail,
    /// Refuses items whose first value is above 0.
    RefuseItem,
    /// Gives items no answer.
    Silent,
    /// Describes one label more than it was told.
    ExtraLabel,
    /// Panics while it reads its configuration.
    PanicAtOpen,
    /// Never gets ready.
    HangAtOpen,
    /// Scores grow with the number of items in the call.
    Neighbours,
    /// Scores grow with what was scored before.
    Remembers,
    /// Scores are others every time.
    Random,
    /// Keeps memory of every call.
    Leak,
    /// Panics at a frame that is no number.
    PanicAtNan,
    /// Scores frames of any width.
    AnyWidth,
    /// Fails as a whole at an item that is wrong.
    FailsTogether,
    /// Says nothing about items that it refuses.
    WordlessItems,
    /// Works only on the thread that made it.
    ThreadBound,
    /// Breaks when it is cancelled.
    BreaksWhenCancelled,
    /// Takes as many items as it was told to expect, and no more.
    SmallBatch,
    /// Writes to a wrong place when it scores.
    Crash,
    /// Never returns from scoring.
    Hang,
    /// Never returns from scoring anything but zeroes, as which a model is tried when it is loaded.
    HangAtSound,
    /// Writes to a wrong place when it scores anything but zeroes.
    CrashAtSound,
    /// Does not take up a stream's state.
    ForgetsState,
    /// Keeps a stream's state in the instance.
    KeepsState,
    /// Gives the state of the first stream of a call to all of them.
    MixesStates,
    /// Scores streams with any number of new frames, none too.
    AnySteps,
    /// Writes to a wrong place at an item that asks for it.
    SegfaultOnCommand,
    /// Gives the process up.
    AbortOnCommand,
    /// Ends the process.
    ExitOnCommand,
    /// Never returns.
    HangOnCommand,
    /// Takes memory until there is none.
    LeakOnCommand,
    /// Panics.
    PanicOnCommand,
    /// Tries to reach what lies around its process, and refuses the call with what it reached.
    EscapeOnCommand,
}

impl Behaviour {
    /// Does what it does on command, if `item` asks for it.
    fn obey(self, item: &Item) -> Result<(), Failure> {
        let is_sound = || item.frames().iter().any(|value| *value != 0.0);
        let fault = match self {
            Self::HangAtSound if is_sound() => {
                hang();
                return Ok(());
            }
            Self::CrashAtSound if is_sound() => {
                crash();
                return Ok(());
            }
            Self::SegfaultOnCommand => Fault::Segfault,
            Self::AbortOnCommand => Fault::Abort,
            Self::ExitOnCommand => Fault::Exit,
            Self::HangOnCommand => Fault::Hang,
            Self::LeakOnCommand => Fault::Leak,
            Self::PanicOnCommand => Fault::Panic,
            Self::EscapeOnCommand => Fault::Escape,
            _ => return Ok(()),
        };
        fault.obey(item.frames().iter().step_by(item.dim().max(1)))
    }
}

/// The classifier.
#[derive(Debug)]
pub struct Faulty {
    behaviour: Behaviour,
    shape: Shape,
    carries_state: bool,
    step_frames: usize,
}

#[derive(Deserialize)]
struct Configuration {
    graph: PathBuf,
    dim: u32,
    labels: Vec<String>,
    #[serde(default)]
    states: Vec<Value>,
    #[serde(default)]
    step_frames: usize,
}

impl Plugin for Faulty {
    const NAME: &'static str = "faulty_classifier";
    const VERSION: &'static str = "1.0.0";

    fn open(host: Host, configuration: &str) -> Result<Self, Failure> {
        let read: Configuration = serde_json::from_str(configuration).map_err(|e| Failure::refused(&e))?;
        let graph = fs::read_to_string(&read.graph).map_err(|e| Failure::refused(&e))?;
        let behaviour = serde_json::from_value(graph.into()).map_err(|e| Failure::refused(&e))?;
        assert_ne!(behaviour, Behaviour::PanicAtOpen, "asked to");
        if behaviour == Behaviour::HangAtOpen {
            hang();
        }
        host.count("opened", 1);
        let extra = u32::from(behaviour == Behaviour::ExtraLabel);
        let shape = Shape { dim: read.dim, labels: read.labels.len() as u32 + extra };
        let (carries_state, step_frames) = (!read.states.is_empty(), read.step_frames.max(1));
        Ok(Self { behaviour, shape, carries_state, step_frames })
    }
}

impl ClassifierPlugin for Faulty {
    type Instance = FaultyInstance;

    fn shape(&self) -> Shape {
        self.shape
    }

    /// The sum of the frames' first values, and their number.
    fn states(&self) -> Vec<StateShape> {
        let state = StateShape { name: "sum".to_owned(), length: 2 };
        self.carries_state.then_some(state).into_iter().collect()
    }

    fn new_instance(&self) -> Result<FaultyInstance, Failure> {
        Ok(FaultyInstance {
            behaviour: self.behaviour,
            dim: self.shape.dim as usize,
            step_frames: self.step_frames,
            scores: vec![0.0; self.shape.labels as usize],
            usual_batch: 0,
            heard: 0.0,
            kept: [0.0; 2],
            made_on: thread::current().id(),
        })
    }
}

/// Its instance.
#[derive(Debug)]
pub struct FaultyInstance {
    behaviour: Behaviour,
    dim: usize,
    step_frames: usize,
    scores: Vec<f32>,
    usual_batch: usize,
    heard: f32,
    kept: [f32; 2],
    made_on: ThreadId,
}

impl FaultyInstance {
    /// What goes wrong before anything is scored.
    fn begin(&self, call: Call<'_>, count: usize) -> Result<(), Failure> {
        if call.is_cancelled() {
            return Err(match self.behaviour {
                Behaviour::BreaksWhenCancelled => Failure::failed("asked to"),
                _ => Failure::Cancelled,
            });
        }
        match self.behaviour {
            Behaviour::SmallBatch if count > self.usual_batch => Err(Failure::refused("too many items")),
            Behaviour::ThreadBound if thread::current().id() != self.made_on => {
                Err(Failure::failed("another thread"))
            }
            Behaviour::Crash => {
                crash();
                Ok(())
            }
            Behaviour::Hang => {
                hang();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fits(&self, item: &Item) -> bool {
        let width = item.dim() == self.dim || self.behaviour == Behaviour::AnyWidth;
        let steps = item.frame_count() > 0 && item.frame_count().is_multiple_of(self.step_frames);
        width && (steps || self.behaviour == Behaviour::AnySteps)
    }

    fn refuse(&self, item: &mut Item) -> Result<(), Failure> {
        match self.behaviour {
            Behaviour::FailsTogether => return Err(Failure::failed("an item is wrong")),
            Behaviour::WordlessItems => item.fail(&Failure::refused("")),
            _ => item.fail(&Failure::refused("it has no frames, or frames of another width")),
        }
        Ok(())
    }

    fn score(&mut self, item: &Item, count: usize) {
        let (sum, frames) = sum_of(item);
        let mean = sum / frames;
        self.scores[0] = match self.behaviour {
            Behaviour::Neighbours => mean + count as f32,
            Behaviour::Remembers => mean + self.heard,
            Behaviour::Random => other_number(),
            _ => mean,
        };
        self.heard += mean.abs();
    }
}

fn sum_of(item: &Item) -> (f32, f32) {
    let sum = item.frames().iter().step_by(item.dim().max(1)).sum();
    (sum, item.frame_count() as f32)
}

impl ClassifierInstance for FaultyInstance {
    fn activate(&mut self, limits: ClassifierLimits) -> Result<(), Failure> {
        self.usual_batch = limits.usual_batch;
        Ok(())
    }

    fn classify(&mut self, call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
        let count = items.len();
        self.begin(call, count)?;
        for item in items {
            if !self.fits(item) {
                self.refuse(item)?;
                continue;
            }
            self.behaviour.obey(item)?;
            let marked = item.frames()[0] > 0.0;
            self.score(item, count);
            match self.behaviour {
                Behaviour::Panic => assert!(!marked, "asked to"),
                Behaviour::PanicAtNan => {
                    assert!(item.frames().iter().all(|value| !value.is_nan()), "asked to");
                }
                Behaviour::Fail if marked => return Err(Failure::failed("asked to")),
                Behaviour::Nan => self.scores[0] = f32::NAN,
                Behaviour::Leak => leak(100),
                _ => {}
            }
            match self.behaviour {
                Behaviour::Silent => {}
                Behaviour::RefuseItem if marked => item.fail(&Failure::refused("asked to")),
                _ => item.set_scores(&self.scores),
            }
        }
        Ok(())
    }

    fn advance(&mut self, call: Call<'_>, mut items: StreamItems<'_>) -> Result<(), Failure> {
        self.begin(call, items.len())?;
        let mut first = None;
        for (item, mut states) in items.iter_mut() {
            if !self.fits(item) {
                self.refuse(item)?;
                continue;
            }
            self.behaviour.obey(item)?;
            let (sum, count) = sum_of(item);
            let before = match self.behaviour {
                Behaviour::ForgetsState => [0.0; 2],
                Behaviour::KeepsState => self.kept,
                _ => [states.get(0)[0], states.get(0)[1]],
            };
            let after = [before[0] + sum, before[1] + count];
            let shown = *first.get_or_insert(after);
            let after = if self.behaviour == Behaviour::MixesStates { shown } else { after };
            self.kept = after;
            states.get_mut(0).copy_from_slice(&after);
            self.scores[0] = after[0] / after[1].max(1.0);
            item.set_scores(&self.scores);
        }
        Ok(())
    }
}
