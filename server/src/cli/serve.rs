//! `undertone serve`

use super::SettingsArgs;
use crate::Server;
use anyhow::Context;
use clap::Args;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to accept gRPC calls (grpc.listen); port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS")]
    grpc_listen: Option<String>,
    /// Where to serve the console, gRPC-web, streams over WebSockets, the Open Inference Protocol, /metrics, /healthz and /readyz
    /// (http.listen).
    #[arg(long, value_name = "ADDRESS")]
    http_listen: Option<String>,
    /// Postgres to ship records to (store.url). The environment UNDERTONE__STORE__URL keeps a password out of the process list.
    #[arg(long, value_name = "URL")]
    store_url: Option<String>,
    /// Once calls are accepted, write the addresses to this file as JSON.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

pub(super) async fn run(args: &ServeArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let flags = [
        ("grpc.listen", &args.grpc_listen),
        ("http.listen", &args.http_listen),
        ("store.url", &args.store_url),
    ];
    let flags = flags.into_iter().filter_map(|(path, value)| Some((path.to_owned(), value.clone()?)));
    let settings = settings.load(flags.collect())?;
    undertone_telemetry::init_logging(&settings.log.filter, settings.log.format)?;
    // An old one would tell of a server that is gone.
    args.ready_file.as_deref().map_or(Ok(()), withdraw)?;
    let server = Server::start(&settings).await?;
    if let Some(path) = &args.ready_file {
        announce(path, &server)?;
    }
    stop_signal().await?;
    tracing::info!("stopping: open streams get their answers");
    args.ready_file.as_deref().map_or(Ok(()), withdraw)?;
    server.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the addresses away.
fn withdraw(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

/// Writes the addresses under another name first, so that a reader never sees half a file.
fn announce(path: &Path, server: &Server) -> anyhow::Result<()> {
    let addresses = serde_json::json!({
        "grpc": format!("http://{}", server.grpc_address()),
        "http": format!("http://{}", server.http_address()),
    });
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, format!("{addresses}\n"))
        .and_then(|()| std::fs::rename(&unfinished, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
