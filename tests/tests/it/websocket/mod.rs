//! Streams over a WebSocket, against a real server.

mod bad_input;
pub(crate) mod client;
mod streaming;
