//! A classifier that keeps the contract or breaks it on demand, from which the libraries in `examples` are
//! made.
#![deny(unsafe_code)]

use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use undertone_plugin_sdk::{
    Call, ClassifierInstance, ClassifierLimits, ClassifierPlugin, Failure, Host, Item, Plugin, Shape,
};

/// Names the entry of a library in `examples`.
#[macro_export]
macro_rules! export_entry {
    ($entry:expr) => {
        /// What the host finds.
        #[allow(non_upper_case_globals, reason = "the contract names the symbol")]
        // SAFETY: no other symbol of the library has this name.
        #[unsafe(no_mangle)]
        pub static undertone_plugin_entry: undertone_plugin_sdk::abi::Entry = $entry;
    };
}

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
}

/// The classifier.
#[derive(Debug)]
pub struct Faulty {
    behaviour: Behaviour,
    shape: Shape,
}

#[derive(Deserialize)]
struct Configuration {
    graph: PathBuf,
    dim: u32,
    labels: Vec<String>,
}

impl Plugin for Faulty {
    const NAME: &'static str = "faulty_classifier";
    const VERSION: &'static str = "1.0.0";

    fn open(host: Host, configuration: &str) -> Result<Self, Failure> {
        let read: Configuration = serde_json::from_str(configuration).map_err(|e| Failure::refused(&e))?;
        let graph = fs::read_to_string(&read.graph).map_err(|e| Failure::refused(&e))?;
        let behaviour = serde_json::from_value(graph.into()).map_err(|e| Failure::refused(&e))?;
        assert_ne!(behaviour, Behaviour::PanicAtOpen, "asked to");
        host.count("opened", 1);
        let extra = u32::from(behaviour == Behaviour::ExtraLabel);
        let shape = Shape { dim: read.dim, labels: read.labels.len() as u32 + extra };
        Ok(Self { behaviour, shape })
    }
}

impl ClassifierPlugin for Faulty {
    type Instance = FaultyInstance;

    fn shape(&self) -> Shape {
        self.shape
    }

    fn new_instance(&self) -> Result<FaultyInstance, Failure> {
        let scores = vec![0.0; self.shape.labels as usize];
        Ok(FaultyInstance { behaviour: self.behaviour, scores })
    }
}

/// Its instance.
#[derive(Debug)]
pub struct FaultyInstance {
    behaviour: Behaviour,
    scores: Vec<f32>,
}

impl ClassifierInstance for FaultyInstance {
    fn activate(&mut self, _limits: ClassifierLimits) -> Result<(), Failure> {
        Ok(())
    }

    fn classify(&mut self, call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
        if call.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        for item in items {
            let marked = item.frames()[0] > 0.0;
            self.scores[0] =
                item.frames().iter().step_by(item.dim()).sum::<f32>() / item.frame_count() as f32;
            match self.behaviour {
                Behaviour::Panic => assert!(!marked, "asked to"),
                Behaviour::Fail if marked => return Err(Failure::failed("asked to")),
                Behaviour::Nan => self.scores[0] = f32::NAN,
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
}
