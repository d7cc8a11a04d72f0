//! Frames: a message each, and the last word about a stream that failed.

use crate::grpc::code_name;
use axum::extract::ws::{CloseFrame, Message, close_code};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use serde_json::json;
use tonic::Status;
use tonic_types::pb;
use undertone_proto::v1;

/// The close code of a stream that failed is the gRPC code behind this.
const FAILED_BASE: u16 = 4000;

/// What came from the client.
pub(super) enum Incoming {
    /// A message, or what is wrong with it.
    Ask(Box<Result<v1::StreamingRecognizeRequest, Status>>),
    /// A sign of life.
    Nothing,
    /// The client is gone, or said goodbye before the stream was over.
    Gone,
}

/// Reads a frame.
pub(super) fn read(frame: Option<Result<Message, axum::Error>>, max_message_bytes: usize) -> Incoming {
    let told = |ask| Incoming::Ask(Box::new(ask));
    let refuse = |sentence: String| told(Err(Status::invalid_argument(sentence)));
    match frame {
        Some(Ok(Message::Binary(bytes))) if bytes.len() > max_message_bytes => {
            let sentence =
                format!("a message of {} bytes; at most {max_message_bytes} are taken", bytes.len());
            told(Err(Status::out_of_range(sentence)))
        }
        Some(Ok(Message::Binary(bytes))) => match v1::StreamingRecognizeRequest::decode(bytes) {
            Ok(ask) => told(Ok(ask)),
            Err(error) => refuse(format!("a frame is no StreamingRecognizeRequest: {error}")),
        },
        Some(Ok(Message::Text(_))) => {
            refuse("a text frame came; messages are binary frames, each a StreamingRecognizeRequest".into())
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Nothing,
        Some(Ok(Message::Close(_)) | Err(_)) | None => Incoming::Gone,
    }
}

/// A reply as a frame.
pub(super) fn reply(reply: &v1::StreamingRecognizeResponse) -> Message {
    Message::Binary(reply.encode_to_vec().into())
}

/// The last two frames of a stream that failed.
pub(super) fn failure(status: &Status) -> [Message; 2] {
    let (code, name) = (status.code() as i32, code_name(status.code()));
    // A status with details holds them encoded already.
    let encoded = if status.details().is_empty() {
        pb::Status { code, message: status.message().into(), details: Vec::new() }.encode_to_vec()
    } else {
        status.details().to_vec()
    };
    let told = json!({
        "code": code,
        "name": name,
        "message": status.message(),
        "status": STANDARD.encode(encoded),
    });
    // All codes of gRPC are below a hundred.
    let close = FAILED_BASE + u16::try_from(code).unwrap_or_default();
    [Message::Text(told.to_string().into()), self::close(close, name)]
}

/// The last frame of a stream that ended in order.
pub(super) fn goodbye() -> Message {
    close(close_code::NORMAL, "")
}

fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}
