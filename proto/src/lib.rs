//! The wire contract `undertone.v1`: messages, client and server stubs, and the descriptor set for reflection.
//!
//! Everything in `generated/` is made by `cargo xtask codegen` from `proto/undertone/v1/*.proto`.
#![forbid(unsafe_code)]

/// The messages and services of `undertone.v1`.
#[allow(missing_docs, clippy::all, clippy::semicolon_if_nothing_returned, reason = "generated; documented in the .proto files")]
#[rustfmt::skip]
pub mod v1 {
    include!("generated/undertone.v1.rs");
}

/// The encoded `FileDescriptorSet` of `undertone.v1`, for server reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("generated/descriptor.bin");
