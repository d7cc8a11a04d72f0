//! How the command line reaches a server: where it is, whom it trusts, and how it shows who it is.

use anyhow::Context;
use clap::Args;
use std::fmt;
use std::path::{Path, PathBuf};
use undertone_client::{Client, ClientError, Connection, Retry, Tls};

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

impl Target {
    pub(super) fn new(url: &str, connection: &ConnectionArgs) -> Self {
        Self { url: url.to_owned(), connection: connection.clone() }
    }

    /// Connects. A person at a command line is told what is wrong at once, and tries again.
    pub(super) async fn connect(&self) -> anyhow::Result<Client> {
        self.connect_with(Retry::never()).await
    }

    /// Connects; calls that are refused for a while are made again, as the server says.
    pub(super) async fn connect_patiently(&self) -> anyhow::Result<Client> {
        self.connect_with(Retry::default()).await
    }

    async fn connect_with(&self, retry: Retry) -> anyhow::Result<Client> {
        let connection = Connection {
            tls: self.connection.tls()?,
            api_key: self.connection.api_key.clone(),
            retry,
            ..Connection::new(&self.url)
        };
        Client::connect(connection).await.map_err(|error| match error {
            ClientError::Unreachable { address, source } => anyhow::Error::new(source)
                .context(format!("no server answers at {address}; is `undertone serve` running there?")),
            other => other.into(),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl ConnectionArgs {
    fn tls(&self) -> anyhow::Result<Tls> {
        let identity = match (&self.client_certificate, &self.client_key) {
            (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
            _ => None,
        };
        Ok(Tls { ca: self.ca.as_deref().map(read).transpose()?, identity })
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
