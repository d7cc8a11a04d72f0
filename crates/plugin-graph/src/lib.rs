//! What the classifier plugins that run a graph have in common, whatever engine runs it: their configuration, and which
//! items go through the graph together. A plugin brings a [`Runner`] and gets a [`Scorer`].
//!
//! Configuration: `{"graph": path, "input": name, "output": name, "dim": number, "labels": [names]}`. The
//! graph takes `[batch, time, dim]` and gives `[batch, labels]`, 32-bit floats both.
//!
//! A graph that carries state has `"states": [{"in": name, "out": name, "shape": [lengths]}]` and `"step_frames":
//! number` besides; each state goes in and comes out as `[batch, lengths...]`, and `time` is a multiple of the step.
#![forbid(unsafe_code)]

mod configuration;
mod runner;
mod scorer;
mod stepper;

pub use configuration::{Configuration, State};
pub use runner::{Inputs, Outputs, Runner};
pub use scorer::Scorer;
