//! The gRPC services: they move bytes and know no audio.

mod experiments;
mod feedback;
mod inference;
mod models;
mod participants;
mod recognizer;
mod recorded;
mod reply;
mod request;
mod resumes;
mod spans;
mod status;
mod streaming;

pub use experiments::ExperimentsService;
pub use feedback::FeedbackService;
pub use inference::InferenceService;
pub use models::ModelsService;
pub use recognizer::RecognizerService;
pub(crate) use status::{bad_field, code_name, refused};
pub use streaming::ReplyStream;
