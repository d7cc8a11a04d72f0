//! The contract between Undertone and its plugins, as C sees it.
//!
//! A plugin is a shared library that exports one symbol, the static [`Entry`] named `undertone_plugin_entry`;
//! everything else is reached from it. `include/undertone_plugin.h` is generated from this crate and says the
//! same to a C compiler.
//!
//! # Objects
//! A library makes plugins ([`Plugin`]), a plugin makes instances ([`Instance`]); each table of functions,
//! [`ExtractorTable`] and [`ClassifierTable`], says for every function its purpose, threads, state, ownership
//! and errors. The rules that hold for all of them (growth, threads, memory, text, errors) open the header;
//! `cbindgen.toml` holds their text.
#![deny(unsafe_op_in_unsafe_fn)]

mod classifier;
mod entry;
mod extractor;
mod host;
mod limits;
mod state;
mod status;
mod text;

pub use classifier::{Call, ClassifierDescription, ClassifierSpec, ClassifierTable, Item};
pub use entry::{ABI_MAJOR, ABI_MINOR, ENTRY_SYMBOL, Entry, Instance, Plugin};
pub use extractor::{
    ExtractorDescription, ExtractorSpec, ExtractorTable, FrameBuffer, SPARE_FRAMES, Samples,
};
pub use host::{
    CANCELLATION_SERVICE, COUNTER_SERVICE, CancellationService, CounterService, DEADLINE_SERVICE,
    DeadlineService, Host, LOG_SERVICE, LogLevel, LogService, ONNXRUNTIME_SERVICE,
};
pub use limits::{
    LOUDEST_SAMPLE, MAX_COUNTER_NAME_BYTES, MAX_COUNTERS, MAX_DIM, MAX_STATE_TENSORS, MAX_STATE_VALUES,
    MAX_TEXT_BYTES,
};
pub use state::{STREAM_STATE_EXTENSION, StateBuffer, StateTensor, StreamStateTable};
pub use status::{EndReason, Status};
pub use text::{Text, TextBuffer};
