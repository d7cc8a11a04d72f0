//! The wire contracts `undertone.v1` and `inference` (the Open Inference Protocol): messages, client and server stubs, and
//! the descriptor set for reflection.
//!
//! Everything in `generated/` is made by `cargo xtask codegen` from the files in `proto/`.
#![forbid(unsafe_code)]

/// The messages and services of `undertone.v1`.
#[allow(missing_docs, clippy::all, clippy::semicolon_if_nothing_returned, reason = "generated; documented in the .proto files")]
#[rustfmt::skip]
pub mod v1 {
    include!("generated/undertone.v1.rs");
}

/// The messages and the service of the Open Inference Protocol.
#[allow(missing_docs, clippy::all, clippy::semicolon_if_nothing_returned, reason = "generated; documented in the .proto files")]
#[rustfmt::skip]
pub mod inference {
    include!("generated/inference.rs");
}

/// The encoded `FileDescriptorSet` of all packages, for server reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("generated/descriptor.bin");
