//! What the span of a call says.

use super::status::code_name;
use crate::access::Caller;
use crate::recognition::Recognition;
use tonic::{Code, Status};
use undertone_core::{Model, StreamId};
use undertone_plugin_host::LoadedModel;
use undertone_telemetry::CallSpan;

/// Begins the span of a call to `method`, as in `undertone.v1.Recognizer/Recognize`.
pub(super) fn begin(recognition: &Recognition, method: &'static str, caller: &Caller) -> CallSpan {
    recognition.traces.call(method, caller.trace())
}

/// Notes which stream the call is.
pub(super) fn note_stream(span: &mut CallSpan, id: StreamId, model: &LoadedModel) {
    span.note("undertone.stream_id", id.to_string());
    span.note("undertone.model", model.reference().to_string());
}

/// Notes how the call ended.
pub(super) fn end(span: &mut CallSpan, outcome: Result<(), &Status>) {
    let Err(status) = outcome else { return span.ended(code_name(Code::Ok), None) };
    // These are the server's own fault, as the conventions for RPC have it.
    let own = matches!(
        status.code(),
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    );
    span.ended(code_name(status.code()), own.then(|| status.message()));
}
