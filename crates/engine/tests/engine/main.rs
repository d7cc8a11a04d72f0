//! What a stream of the engine promises, shown with a model whose answers can be computed by hand.

mod apart;
mod changing;
mod charges;
mod endings;
mod loudness_model;
mod overload;
mod questions;
mod resumption;
mod streams;
mod stuck;
#[cfg(target_os = "linux")]
mod threads;
mod turns;
