//! How connections are accepted: in the clear, or with TLS, whose certificates are read again when they change.

mod certificates;
mod client;
mod connection;
mod door;
mod error;

pub(crate) use certificates::Certificates;
pub(crate) use client::ClientCertificate;
pub(crate) use connection::{Connection, Peer};
pub(crate) use door::{Door, Protocol};
pub(crate) use error::TlsError;
