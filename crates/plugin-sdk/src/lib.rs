//! The safe side of the plugin contract, for authors who write Rust.
//!
//! An extractor implements [`Plugin`], [`ExtractorPlugin`] and [`ExtractorInstance`], a classifier
//! [`Plugin`], [`ClassifierPlugin`] and [`ClassifierInstance`]; [`export_plugin!`] makes the exported symbol
//! out of it. A panic never crosses to the host: the instance it came from is poisoned, and every later call
//! of it reports the panic again.
//!
//! A classifier that finds every utterance as likely to be one thing as another:
//!
//! ```
//! use undertone_plugin_sdk::{
//!     Call, ClassifierInstance, ClassifierLimits, ClassifierPlugin, Failure, Host, Item, Plugin, Shape,
//! export_plugin, };
//!
//! struct Undecided(Shape);
//!
//! impl Plugin for Undecided {
//!     const NAME: &'static str = "undecided";
//!     const VERSION: &'static str = "1.0.0";
//!
//!     fn open(_host: Host, _configuration: &str) -> Result<Self, Failure> {
//!         Ok(Self(Shape { dim: 64, labels: 8 }))
//!     }
//! }
//!
//! impl ClassifierPlugin for Undecided {
//!     type Instance = Scores;
//!
//!     fn shape(&self) -> Shape {
//!         self.0
//!     }
//!
//!     fn new_instance(&self) -> Result<Scores, Failure> {
//!         Ok(Scores(vec![0.0; self.0.labels as usize]))
//!     }
//! }
//!
//! struct Scores(Vec<f32>);
//!
//! impl ClassifierInstance for Scores {
//!     fn activate(&mut self, _limits: ClassifierLimits) -> Result<(), Failure> {
//!         Ok(())
//!     }
//!
//!     fn classify(&mut self, _call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
//!         for item in items {
//!             item.set_scores(&self.0);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! export_plugin!(classifier Undecided);
//! # fn main() {}
//! ```
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
mod streaming;
mod streaming_shims;

pub use abi::EndReason;
pub use classifier::{ClassifierInstance, ClassifierLimits, ClassifierPlugin, Item, Shape, StateShape};
pub use entry::{ClassifierEntry, ExtractorEntry};
pub use extractor::{ExtractorInstance, ExtractorPlugin, FrameWriter, Layout};
pub use failure::Failure;
pub use host::{Call, Host, LogLevel};
pub use plugin::Plugin;
pub use streaming::{States, StreamItems};
