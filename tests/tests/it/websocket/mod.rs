//! Streams over a WebSocket, against a real server.

mod bad_input;
mod client;
mod streaming;
