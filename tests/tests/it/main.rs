//! Tests at the boundaries, in one program so that they are linked once.
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    reason = "in a test a failed step is a failed test, in its support functions too"
)]

mod access;
mod accuracy;
mod bench;
mod cli;
mod console;
mod dashboards;
mod db;
mod engines;
mod experiments;
mod inference;
mod isolation_site;
mod listen;
mod models;
mod parity;
mod plugins;
mod rpc;
mod sdk;
mod store;
mod torture;
mod traces;
mod trained;
mod variant;
mod websocket;
