//! Certificates that clients show.
//!
//! A handshake with an untrusted certificate succeeds, and each call over it is refused: so the client is told why, as by
//! any other refusal, where a broken handshake would tell it next to nothing.

use super::TlsError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

/// What a client showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum ClientCertificate {
    /// Nothing.
    #[default]
    None,
    /// One that the authority signed, and that is good now.
    Trusted,
    /// Another one, and what is wrong with it.
    Untrusted(Arc<str>),
}

/// Who signs client certificates.
pub(crate) struct Authority(Arc<dyn ClientCertVerifier>);

impl Authority {
    pub(crate) fn of(
        path: &Path,
        roots: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let wrong = |reason: String| TlsError::Authority { path: path.to_owned(), reason };
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root).map_err(|error| wrong(error.to_string()))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider.clone()).build();
        Ok(Self(verifier.map_err(|error| wrong(error.to_string()))?))
    }

    pub(crate) fn judge(&self, own: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> ClientCertificate {
        match self.0.verify_client_cert(own, others, UnixTime::now()) {
            Ok(_) => ClientCertificate::Trusted,
            Err(error) => ClientCertificate::Untrusted(error.to_string().into()),
        }
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

/// Asks for a certificate, and makes sure that the client has its key. Whether it is trusted is judged afterwards, see
/// [`Authority::judge`].
#[derive(Debug)]
pub(super) struct AskForCertificate(pub(super) Arc<CryptoProvider>);

impl ClientCertVerifier for AskForCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
