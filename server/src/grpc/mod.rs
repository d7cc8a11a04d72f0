//! The gRPC services: they move bytes and know no audio.

mod models;
mod recognizer;
mod recorded;
mod reply;
mod request;
mod resumes;
mod status;
mod streaming;

pub use models::ModelsService;
pub use recognizer::RecognizerService;
pub(crate) use status::code_name;
pub use streaming::ReplyStream;
