//! A server in a process of its own, and the loads that are put on it from another one.

mod generator;
mod process;
mod usage;

pub(crate) use generator::Generator;
pub(crate) use process::{ServerProcess, ServerSettings, on_core};
pub(crate) use usage::{Usage, own_thread_seconds};

/// The models that are measured.
pub(crate) const MODELS: [&str; 2] = ["cnn", "lstm"];
