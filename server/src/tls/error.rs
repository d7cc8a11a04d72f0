//! What can be wrong with certificates and keys.

use std::path::PathBuf;

/// Certificates or a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file cannot be read, or holds something else.
    #[error("{setting}: {} cannot be read as PEM: {reason}", path.display())]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key does not fit the certificate, or is of a kind that is not supported.
    #[error("tls.key: the key in {} does not serve with the certificate in {}: {reason}", key.display(), certificate.display())]
    Pair {
        /// The key's file.
        key: PathBuf,
        /// The certificate's file.
        certificate: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No certificate authority can be made of the file.
    #[error("tls.client_ca: {} holds no usable certificate authority: {reason}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The TLS library refuses what it was given.
    #[error("TLS cannot be set up: {0}")]
    Library(#[from] tokio_rustls::rustls::Error),
}
