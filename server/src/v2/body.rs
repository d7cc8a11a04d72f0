//! The body of a request or a reply: JSON, and in the binary extension tensors behind it.

use axum::body::Bytes;
use axum::http::HeaderMap;
use tonic::Status;

use crate::grpc::bad_field;

/// Says how long the JSON in front of the tensors is.
pub(super) const JSON_LENGTH: &str = "inference-header-content-length";

/// A body, cut in two.
pub(super) struct Body {
    pub(super) json: Bytes,
    /// The tensors, one behind the other.
    rest: Bytes,
}

impl Body {
    /// Cuts `bytes` as the header says; without one all is JSON.
    pub(super) fn cut(headers: &HeaderMap, mut bytes: Bytes) -> Result<Self, Status> {
        let Some(length) = headers.get(JSON_LENGTH) else {
            return Ok(Self { json: bytes, rest: Bytes::new() });
        };
        let length = length.to_str().ok().and_then(|text| text.parse().ok());
        match length.filter(|&length: &usize| length <= bytes.len()) {
            Some(length) => Ok(Self { rest: bytes.split_off(length), json: bytes }),
            None => {
                let sentence =
                    format!("give the bytes of JSON at the beginning of the body, at most {}", bytes.len());
                Err(bad_field(JSON_LENGTH, sentence))
            }
        }
    }

    /// The next tensor, of `length` bytes.
    pub(super) fn take(&mut self, field: &str, length: usize) -> Result<Bytes, Status> {
        if length > self.rest.len() {
            let sentence = format!("{length} bytes are stated, and the body has {} left", self.rest.len());
            return Err(bad_field(field, sentence));
        }
        Ok(self.rest.split_to(length))
    }

    /// Nothing may be left over.
    pub(super) fn end(&self) -> Result<(), Status> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(bad_field("inputs", format!("{left} bytes behind the JSON belong to no tensor"))),
        }
    }
}
