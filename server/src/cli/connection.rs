//! How the command line reaches a server: where it is, whom it trusts, and how it shows who it is.

use anyhow::Context;
use clap::Args;
use std::fmt;
use std::path::{Path, PathBuf};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

/// How to reach a server, for every command with `--server`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArgs {
    /// Key to show to the server. The environment keeps it out of the process list.
    #[arg(long, global = true, value_name = "KEY", env = "UNDERTONE_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Certificate authority of an https:// server (PEM); without it, those that the system trusts.
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Certificate to show to the server (PEM), with --client-key.
    #[arg(long, global = true, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, global = true, value_name = "FILE", requires = "client_certificate")]
    client_key: Option<PathBuf>,
}

/// A server, and how to reach it. `Display` shows the URL alone.
#[derive(Debug, Clone)]
pub(super) struct Target {
    url: String,
    connection: ConnectionArgs,
}

/// A connection over which every call shows the key, if there is one.
pub(super) type Line = InterceptedService<Channel, ShowKey>;

/// Shows the key with every call.
#[derive(Debug, Clone)]
pub(super) struct ShowKey(Option<MetadataValue<Ascii>>);

impl Interceptor for ShowKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("authorization", key.clone());
        }
        Ok(request)
    }
}

impl Target {
    pub(super) fn new(url: &str, connection: &ConnectionArgs) -> Self {
        Self { url: url.to_owned(), connection: connection.clone() }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> anyhow::Result<Line> {
        let url = &self.url;
        let endpoint = Channel::from_shared(url.clone())
            .with_context(|| format!("{url:?} is not a URL; give for instance http://127.0.0.1:50151"))?;
        let key = self.connection.shown_key()?;
        let endpoint = self.connection.secure(endpoint)?;
        let connected = endpoint.connect().await;
        let channel = connected
            .with_context(|| format!("no server answers at {url}; is `undertone serve` running there?"))?;
        Ok(InterceptedService::new(channel, ShowKey(key)))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl ConnectionArgs {
    fn shown_key(&self) -> anyhow::Result<Option<MetadataValue<Ascii>>> {
        let Some(key) = &self.api_key else { return Ok(None) };
        let mut value: MetadataValue<Ascii> =
            format!("Bearer {key}").parse().ok().context("the API key holds characters that no key has")?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    fn secure(&self, endpoint: Endpoint) -> anyhow::Result<Endpoint> {
        if endpoint.uri().scheme_str() != Some("https") {
            return Ok(endpoint);
        }
        let mut tls = match &self.ca {
            Some(path) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(path)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) {
            tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        endpoint.tls_config(tls).context("the certificates cannot be used")
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
