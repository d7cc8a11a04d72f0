//! The way from a stream's bytes to its answers.
//!
//! [`Engine::open`] gives a stream to the least loaded worker. A worker is an OS thread that owns its streams'
//! decoders, extractors and segmenters, and one classifier per model. [`Session`] is the synchronous heart of a
//! stream; it knows no thread and no clock. [`Engine::ask`] has frames scored that belong to no stream,
//! patient ones by listeners, threads that own none. This crate knows no gRPC, SQL or dynamic loading.
#![forbid(unsafe_code)]

mod answer;
mod capacity;
mod census;
mod clock;
mod cores;
mod crew;
mod delivery;
mod door;
mod engine;
mod event;
mod extractor_pool;
mod mailbox;
mod observer;
mod outfit;
mod priority;
mod pulse;
mod question;
mod ramp;
mod resumption;
mod roster;
mod scoring;
mod session;
mod session_error;
mod shown;
mod step;
mod stream;
mod utterance;
mod warning;
mod worker;

pub use engine::{Engine, EngineConfig, OpenError};
pub use event::{Answer, Event, SpeechEdge, StreamFailure, Summary, Trigger, Warning, WarningKind};
pub use observer::{Observer, Silent};
pub use outfit::{Leftovers, Outfit};
pub use question::{Question, QuestionError, Verdicts};
pub use resumption::{Checkpoint, ResumePoint};
pub use session::{Session, SessionConfig};
pub use session_error::SessionError;
pub use stream::{Control, StreamClosed, StreamEvents, StreamInput};
