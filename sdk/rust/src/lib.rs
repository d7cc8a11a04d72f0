//! The client of Undertone, which hears how something is said.
//!
//! A [`Client`] recognises recordings and streams, and reaches the server's other services. A stream survives its
//! connection: what the server has not acknowledged is kept here, and sent again where the stream is taken up.
//! The page `docs/sdk-rust.md` has examples.
#![forbid(unsafe_code)]

pub mod assignment;
mod client;
mod connection;
mod dial;
mod error;
mod event;
mod format;
mod options;
mod patience;
mod replay;
mod retry;
mod services;
mod session;
mod source;
mod stream;

pub use client::Client;
pub use connection::{Connection, Line, ShowCaller, Tls, TraceParent};
pub use dial::{Dial, Replies};
pub use error::{ClientError, ServerError, code_name};
pub use event::Event;
pub use format::{float_bytes, raw};
pub use options::{Options, StreamOptions};
pub use retry::Retry;
pub use source::{Recording, Source};
pub use stream::{Controls, EventStream};
/// The messages of the wire contract.
pub use undertone_proto::v1;
