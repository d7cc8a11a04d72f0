//! The gRPC services: they move bytes and know no audio.

mod counted;
mod deadline;
mod departure;
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
mod streams;

pub(crate) use deadline::Deadline;
pub(crate) use departure::DepartureLayer;
pub use experiments::ExperimentsService;
pub use feedback::FeedbackService;
pub use inference::InferenceService;
pub use models::ModelsService;
pub use recognizer::RecognizerService;
pub(crate) use status::{bad_field, bad_request, code_name, refused, store_failed};
pub use streaming::ReplyStream;
pub use streams::StreamsService;
