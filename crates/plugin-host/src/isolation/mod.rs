//! Plugins in processes of their own: whatever such a plugin does, its own streams pay for it and nobody else's.
//!
//! The server starts `undertone-plugin-host`, which locks itself in ([`serve`]) and loads the library. Both share memory,
//! through which samples, frames, states and logits go; a bell on each side tells the other that something lies there. A
//! process runs the classifier of one model for one worker, or the extractor of one model for some streams. One that is lost is reported to whoever waits for it and replaced after a while;
//! a model whose processes are lost again and again takes no new streams for a while.

mod admitted;
mod apart;
mod area;
mod breaker;
mod classifier;
mod doorbell;
mod extractors;
mod facts;
mod framing;
#[doc(hidden)]
pub mod fuzzing;
mod hardening;
mod loss;
mod message;
mod model;
mod observer;
mod order;
mod output;
mod passage;
mod places;
mod process;
mod scoring;
mod seat;
mod serve;
mod settings;
mod supervisor;
mod system_calls;
mod tally;
mod watch;

pub use breaker::BreakerState;
pub use hardening::limit_memory;
pub use observer::{ProcessObserver, ProcessOf};
pub use serve::serve;
pub use settings::{BackoffConfig, BreakerConfig, Isolation, IsolationConfig, ProcessConfig};

pub(crate) use apart::Apart;
pub(crate) use extractors::IsolatedExtractors;
pub(crate) use model::IsolatedModel;
pub(crate) use observer::Unobserved;
pub(crate) use tally::Totals;
