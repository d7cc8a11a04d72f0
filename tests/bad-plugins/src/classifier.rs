//! A classifier.

use crate::classifier_behaviour::Behaviour;
use crate::command::Sleep;
use crate::harm::{allocate, alone, crash, hang, hoard, leak, other_number};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use undertone_plugin_sdk::{
    Call, ClassifierInstance, ClassifierLimits, ClassifierPlugin, EndReason, Failure, Host, Item, Plugin,
    Shape, StateShape, StreamItems,
};

/// Fewer frames are too few for one that needs much, and more than those too many for one that is short of breath.
const MUCH: usize = 30;
const BREATH: usize = 1_000;
/// Instances of a plugin that makes few.
const FEW: usize = 3;

/// Plugins that live.
static LIVING: AtomicUsize = AtomicUsize::new(0);

/// The classifier.
#[derive(Debug)]
pub struct Faulty {
    behaviour: Behaviour,
    sleep: Sleep,
    instances: AtomicUsize,
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
        let (name, sleep) = Sleep::of(&graph);
        let behaviour = serde_json::from_value(name.into()).map_err(|e| Failure::refused(&e))?;
        match behaviour {
            Behaviour::PanicAtOpen => panic!("asked to"),
            Behaviour::HangAtOpen => hang(),
            Behaviour::LeaksAtOpen => leak(1_000),
            Behaviour::OpensOnce if LIVING.load(Ordering::Relaxed) > 0 => {
                return Err(Failure::refused("there is one already"));
            }
            _ => {}
        }
        LIVING.fetch_add(1, Ordering::Relaxed);
        host.count("opened", 1);
        let labels = match behaviour {
            Behaviour::ExtraLabel => read.labels.len() as u32 + 1,
            Behaviour::NoLabels => 0,
            _ => read.labels.len() as u32,
        };
        let shape = Shape { dim: read.dim, labels };
        let carries_state = !read.states.is_empty() || behaviour == Behaviour::AlwaysStates;
        let (instances, step_frames) = (AtomicUsize::new(0), read.step_frames.max(1));
        Ok(Self { behaviour, sleep, instances, shape, carries_state, step_frames })
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ClassifierPlugin for Faulty {
    type Instance = FaultyInstance;

    fn shape(&self) -> Shape {
        self.shape
    }

    /// The sum of the frames' first values, and their number.
    fn states(&self) -> Vec<StateShape> {
        let state = |length| StateShape { name: "sum".to_owned(), length };
        match self.behaviour {
            _ if !self.carries_state => Vec::new(),
            Behaviour::TwinStates => vec![state(2), state(2)],
            Behaviour::EmptyState => vec![state(0)],
            _ => vec![state(2)],
        }
    }

    fn new_instance(&self) -> Result<FaultyInstance, Failure> {
        let made = self.instances.fetch_add(1, Ordering::Relaxed);
        if self.behaviour == Behaviour::FewInstances && made >= FEW {
            return Err(Failure::failed("there are enough"));
        }
        Ok(FaultyInstance {
            of_plugin: self.behaviour,
            sleep: self.sleep,
            activations: 0,
            spoilt: 0.0,
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
    of_plugin: Behaviour,
    sleep: Sleep,
    activations: usize,
    spoilt: f32,
    dim: usize,
    step_frames: usize,
    scores: Vec<f32>,
    usual_batch: usize,
    heard: f32,
    kept: [f32; 2],
    made_on: ThreadId,
}

impl FaultyInstance {
    /// What it does now.
    fn behaviour(&self) -> Behaviour {
        match self.sleep {
            Sleep::Awake => self.of_plugin,
            Sleep::UntilAsked | Sleep::UntilLong => Behaviour::Good,
        }
    }

    /// What goes wrong before anything is scored.
    fn begin(&self, call: Call<'_>, count: usize) -> Result<(), Failure> {
        if call.is_cancelled() {
            return Err(match self.behaviour() {
                Behaviour::BreaksWhenCancelled => Failure::failed("asked to"),
                _ => Failure::Cancelled,
            });
        }
        match self.behaviour() {
            Behaviour::NeedsItems if count == 0 => Err(Failure::failed("no items")),
            Behaviour::Hoards => {
                hoard(100);
                Ok(())
            }
            Behaviour::Allocates => {
                allocate(100);
                Ok(())
            }
            Behaviour::OneAtATime => alone(|| ()),
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

    fn hear(&mut self, item: &Item) {
        self.sleep.hear(item.frames().iter().step_by(item.dim().max(1)), item.frame_count());
    }

    fn fits(&self, item: &Item) -> bool {
        let width = item.dim() == self.dim || self.behaviour() == Behaviour::AnyWidth;
        let count = item.frame_count();
        let length = match self.behaviour() {
            Behaviour::NeedsMuch => count >= MUCH,
            Behaviour::ShortOfBreath => count <= BREATH,
            _ => true,
        };
        let steps = count > 0 && count.is_multiple_of(self.step_frames);
        length && width && (steps || self.behaviour() == Behaviour::AnySteps)
    }

    fn refuse(&self, item: &mut Item) -> Result<(), Failure> {
        match self.behaviour() {
            Behaviour::FailsTogether => return Err(Failure::failed("an item is wrong")),
            Behaviour::WordlessItems => item.fail(&Failure::refused("")),
            _ => item.fail(&Failure::refused("it has no frames, or frames of another width")),
        }
        Ok(())
    }

    fn score(&mut self, item: &Item, count: usize) {
        let (sum, frames) = sum_of(item);
        let mean = sum / frames;
        self.scores[0] = match self.behaviour() {
            Behaviour::Neighbours => mean + count as f32,
            Behaviour::Remembers => mean + self.heard,
            Behaviour::Random => other_number(),
            _ => mean + self.spoilt,
        };
        self.heard += mean.abs();
    }
}

impl Drop for FaultyInstance {
    fn drop(&mut self) {
        if self.of_plugin == Behaviour::AbortsUnactivated && self.activations == 0 {
            std::process::abort();
        }
    }
}

fn sum_of(item: &Item) -> (f32, f32) {
    let sum = item.frames().iter().step_by(item.dim().max(1)).sum();
    (sum, item.frame_count() as f32)
}

impl ClassifierInstance for FaultyInstance {
    fn activate(&mut self, limits: ClassifierLimits) -> Result<(), Failure> {
        self.activations += 1;
        if self.of_plugin == Behaviour::ActivatesOnce && self.activations > 1 {
            return Err(Failure::failed("it was active before"));
        }
        self.usual_batch = limits.usual_batch;
        Ok(())
    }

    fn classify(&mut self, call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
        let count = items.len();
        items.iter().for_each(|item| self.hear(item));
        self.begin(call, count)?;
        for (index, item) in items.iter_mut().enumerate() {
            if !self.fits(item) {
                self.refuse(item)?;
                continue;
            }
            self.behaviour().obey(item)?;
            let marked = item.frames()[0] > 0.0;
            self.score(item, count);
            match self.behaviour() {
                Behaviour::Panic => assert!(!marked, "asked to"),
                Behaviour::PanicAtNan => {
                    assert!(item.frames().iter().all(|value| !value.is_nan()), "asked to");
                }
                Behaviour::Fail if marked => return Err(Failure::failed("asked to")),
                Behaviour::PanicAtOneFrame => assert_ne!(item.frame_count(), 1, "asked to"),
                Behaviour::Ordered => self.scores[0] += index as f32,
                Behaviour::Nan => self.scores[0] = f32::NAN,
                Behaviour::Leak => leak(100),
                _ => {}
            }
            match self.behaviour() {
                Behaviour::Silent => {}
                Behaviour::RefuseItem if marked => item.fail(&Failure::refused("asked to")),
                _ => item.set_scores(&self.scores),
            }
        }
        Ok(())
    }

    fn advance(&mut self, call: Call<'_>, mut items: StreamItems<'_>) -> Result<(), Failure> {
        items.iter_mut().for_each(|(item, _)| self.hear(item));
        self.begin(call, items.len())?;
        let mut first = None;
        for (item, mut states) in items.iter_mut() {
            if !self.fits(item) {
                self.refuse(item)?;
                continue;
            }
            self.behaviour().obey(item)?;
            if self.behaviour() == Behaviour::PanicAtNan {
                assert!(item.frames().iter().all(|value| !value.is_nan()), "asked to");
            }
            let (sum, count) = sum_of(item);
            let before = match self.behaviour() {
                Behaviour::ForgetsState => [0.0; 2],
                Behaviour::KeepsState => self.kept,
                _ => [states.get(0)[0], states.get(0)[1]],
            };
            let after = [before[0] + sum, before[1] + count];
            let shown = *first.get_or_insert(after);
            let after = if self.behaviour() == Behaviour::MixesStates { shown } else { after };
            self.kept = after;
            let left = if self.behaviour() == Behaviour::NanState { [f32::NAN; 2] } else { after };
            states.get_mut(0).copy_from_slice(&left);
            self.scores[0] = after[0] / after[1].max(1.0) + self.spoilt;
            item.set_scores(&self.scores);
        }
        Ok(())
    }

    fn reset(&mut self, _reason: EndReason) -> Result<(), Failure> {
        self.spoilt = f32::from(u8::from(self.behaviour() == Behaviour::SpoiltByReset));
        Ok(())
    }
}
