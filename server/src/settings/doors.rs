//! `[tls]` and `[auth]`: who may call, and how connections are kept private.

use super::reader::Reader;
use std::path::PathBuf;
use std::time::Duration;

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// `tls.certificate`: the server's certificate chain, PEM.
    pub certificate: PathBuf,
    /// `tls.key`: its private key, PEM.
    pub key: PathBuf,
    /// `tls.client_ca`: clients show a certificate that one of these signed, PEM.
    pub client_ca: Option<PathBuf>,
    /// `tls.reload`: how often the files are looked at.
    pub reload: Duration,
    /// `tls.handshake_timeout`: a slower client is given up.
    pub handshake_timeout: Duration,
    /// `tls.max_handshakes`: handshakes under way; more connections wait.
    pub max_handshakes: usize,
}

/// `[auth]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthSettings {
    /// `auth.keys`: whether callers need an API key.
    pub keys: bool,
    /// `auth.refresh`: how often the keys are read again.
    pub refresh: Duration,
    /// `auth.allow_open`: whether the server may listen beyond loopback with neither TLS nor keys.
    pub allow_open: bool,
}

/// Reads `[tls]`; `None` when no certificate is set.
pub(super) fn tls(reader: &mut Reader) -> Option<TlsSettings> {
    let certificate = reader.optional_text("tls.certificate").map(PathBuf::from);
    let key = reader.optional_text("tls.key").map(PathBuf::from);
    let client_ca = reader.optional_text("tls.client_ca").map(PathBuf::from);
    let reload = reader.positive_duration("tls.reload", Duration::from_secs(10));
    let handshake_timeout = reader.positive_duration("tls.handshake_timeout", Duration::from_secs(10));
    let max_handshakes = reader.count("tls.max_handshakes", 256, 1..=100_000) as usize;
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Some(TlsSettings { certificate, key, client_ca, reload, handshake_timeout, max_handshakes })
        }
        (None, None) => {
            if client_ca.is_some() {
                reader.mistake("tls.client_ca is set without tls.certificate and tls.key".into());
            }
            None
        }
        (Some(_), None) => {
            reader.mistake("tls.key is missing: tls.certificate is set".into());
            None
        }
        (None, Some(_)) => {
            reader.mistake("tls.certificate is missing: tls.key is set".into());
            None
        }
    }
}

/// Reads `[auth]`.
pub(super) fn auth(reader: &mut Reader) -> AuthSettings {
    AuthSettings {
        keys: reader.flag("auth.keys", false),
        refresh: reader.positive_duration("auth.refresh", Duration::from_secs(1)),
        allow_open: reader.flag("auth.allow_open", false),
    }
}
