//! Loads plugin libraries and bundles, owns ONNX Runtime, and gives both to the rest of Undertone as the
//! ports of `undertone-core`.
//!
//! This is the only crate that loads libraries. A library is loaded once, after everything that can be known
//! without running its code was checked, and stays until the process ends; another one in its place is loaded beside it. What a plugin hands over is never
//! trusted: lengths, numbers and texts are looked at before use. Memory that a plugin corrupts is defended only
//! where the plugin runs in a process of its own ([`isolation`]).
#![deny(unsafe_op_in_unsafe_fn)]

mod bundle_plugins;
mod call;
mod classifier;
mod classifier_kind;
mod configuration;
pub mod conformance;
mod elf;
mod error;
mod extractor;
mod extractor_kind;
mod frame_count;
mod framer;
mod functions;
mod golden;
mod host;
mod instance;
pub mod isolation;
mod item_buffers;
mod item_rules;
mod libraries;
mod library;
mod material;
mod memory;
mod model;
mod note;
mod onnxruntime;
mod plugin;
mod registry;
mod scorers;
mod services;
mod stream_classifier;
mod stream_kind;
mod text;
mod trial;
mod version;

pub use error::{HostError, OnnxRuntimeError};
pub use host::{HostConfig, LoadReport, PluginCounter, PluginHost, Refusal};
pub use memory::give_memory_back;
pub use model::{KeptPlugins, LoadedModel};
pub use registry::{Registry, UnknownModel};
