//! The safe side of the plugin contract, for authors who write Rust.
//!
//! An extractor implements [`Plugin`], [`ExtractorPlugin`] and [`ExtractorInstance`], a classifier [`Plugin`],
//! [`ClassifierPlugin`] and [`ClassifierInstance`]; [`export_plugin!`] makes the exported symbol out of it. A panic never
//! crosses to the host: the instance it came from is poisoned, and every later call of it reports the panic again.
#![deny(unsafe_op_in_unsafe_fn)]

pub use undertone_plugin_abi as abi;

mod classifier;
mod classifier_shims;
mod entry;
mod extractor;
mod extractor_shims;
mod failure;
mod guard;
mod host;
mod memory;
mod plugin;

pub use abi::EndReason;
pub use classifier::{ClassifierInstance, ClassifierLimits, ClassifierPlugin, Item, Shape};
pub use entry::{ClassifierEntry, ExtractorEntry};
pub use extractor::{ExtractorInstance, ExtractorPlugin, FrameWriter, Layout};
pub use failure::Failure;
pub use host::{Call, Host, LogLevel};
pub use plugin::Plugin;
