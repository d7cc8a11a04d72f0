//! The server's certificate and key, and whose client certificates it trusts; read again when the files change.

use super::TlsError;
use super::client::{Authority, ClientCertificate};
use crate::settings::TlsSettings;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

/// The certificates in use. A change on the disk that cannot be used is logged, and those before it stay in use.
#[derive(Debug)]
pub(crate) struct Certificates {
    settings: TlsSettings,
    provider: Arc<CryptoProvider>,
    current: RwLock<Current>,
}

#[derive(Debug, Clone)]
struct Current {
    own: Arc<CertifiedKey>,
    authority: Option<Arc<Authority>>,
    written: Written,
}

/// When each file was written last.
type Written = Vec<Option<SystemTime>>;

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub(crate) fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let current = Current::read(settings, &provider)?;
        Ok(Self { settings: settings.clone(), provider, current: RwLock::new(current) })
    }

    pub(crate) fn provider(&self) -> Arc<CryptoProvider> {
        self.provider.clone()
    }

    pub(crate) fn settings(&self) -> &TlsSettings {
        &self.settings
    }

    /// Whether a certificate that a client showed is trusted now.
    pub(crate) fn judge(&self, chain: Option<&[CertificateDer<'static>]>) -> ClientCertificate {
        match (self.current().authority, chain) {
            (Some(authority), Some([own, others @ ..])) => authority.judge(own, others),
            _ => ClientCertificate::None,
        }
    }

    /// Looks at the files every `tls.reload` until `stop`.
    pub(crate) async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.settings.reload);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.look(),
            }
        }
    }

    fn look(&self) {
        let before = self.current();
        if written(&self.settings) == before.written {
            return;
        }
        match Current::read(&self.settings, &self.provider) {
            Ok(current) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                tracing::info!("new certificates are in use");
            }
            Err(error) => tracing::error!(%error, "new certificates cannot be used; the old ones stay"),
        }
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().own)
    }
}

impl Current {
    fn read(settings: &TlsSettings, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        // Looked at first: a file that changes meanwhile is read once more.
        let written = written(settings);
        let chain = certificates("tls.certificate", &settings.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&settings.key)
            .map_err(|error| unreadable("tls.key", &settings.key, &error.to_string()))?;
        let own = CertifiedKey::from_der(chain, key, provider).map_err(|error| TlsError::Pair {
            key: settings.key.clone(),
            certificate: settings.certificate.clone(),
            reason: error.to_string(),
        })?;
        let authority = match &settings.client_ca {
            Some(path) => {
                Some(Arc::new(Authority::of(path, certificates("tls.client_ca", path)?, provider)?))
            }
            None => None,
        };
        Ok(Self { own: Arc::new(own), authority, written })
    }
}

fn written(settings: &TlsSettings) -> Written {
    let files = [Some(&settings.certificate), Some(&settings.key), settings.client_ca.as_ref()];
    let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
    files.into_iter().flatten().map(modified).collect()
}

fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = read.map_err(|error| unreadable(setting, path, &error.to_string()))?;
    if chain.is_empty() { Err(unreadable(setting, path, "it holds no certificate")) } else { Ok(chain) }
}

fn unreadable(setting: &'static str, path: &Path, reason: &str) -> TlsError {
    TlsError::File { setting, path: path.to_owned(), reason: reason.to_owned() }
}
