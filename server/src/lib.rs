//! The Undertone server and its command line: configuration, wiring, gRPC and HTTP services.
//!
//! The only crate that knows every other one, chooses gRPC codes, and reads the environment.
#![forbid(unsafe_code)]

pub mod access;
mod analytics;
mod assembly;
pub mod cli;
mod console;
mod experiments;
mod grpc;
mod health;
mod http;
mod live;
mod markup;
mod misnamed;
pub mod models;
mod observer;
mod readiness;
mod recognition;
mod recording;
mod report;
mod resumption;
mod server;
pub mod settings;
mod start_check;
mod table;
mod tls;
mod v2;
mod web_pages;
mod websocket;
mod wire_time;

pub use analytics::AnalyticsService;
pub use assembly::{Assembled, Stores, assemble, plugin_host};
pub use grpc::{
    ExperimentsService, FeedbackService, InferenceService, ModelsService, RecognizerService, ReplyStream,
    StreamsService,
};
pub use recognition::Recognition;
pub use recording::RecordKeeper;
pub use server::Server;
