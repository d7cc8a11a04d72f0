//! `undertone models load|unload|rollback|list`: what a running server serves.

use crate::cli::SettingsArgs;
use clap::{Args, Subcommand, ValueEnum};
use std::path::Path;
use std::process::ExitCode;
use undertone_bundle::ARCHIVE_ENDING;
use undertone_client::Client;
use undertone_proto::v1;
use undertone_terminal::say;
use v1::load_model_request::Source;
use v1::model_version::State;

#[derive(Debug, Subcommand)]
pub(super) enum ControlCommand {
    /// Load a version beside what is served; once it is ready, new streams are its own.
    Load {
        /// NAME or NAME@VERSION in the server's folder of models, or the path of a bundle's folder or archive (.tar.zst) on
        /// the server's machine.
        bundle: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Take a version out of service; its streams go on until they end.
    Unload {
        /// NAME@VERSION, or NAME for every version.
        model: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Go back to the version before the one that is served.
    Rollback {
        /// The model's name.
        name: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Every version that the server knows of, with its state.
    List {
        #[command(flatten)]
        server: ServerArgs,
        /// What to print.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50151")]
    server: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl ServerArgs {
    async fn client(&self, settings: &SettingsArgs) -> anyhow::Result<Client> {
        settings.target(&self.server).connect().await
    }
}

pub(super) async fn run(command: &ControlCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    match command {
        ControlCommand::Load { bundle, server } => load(&server.client(settings).await?, bundle).await?,
        ControlCommand::Unload { model, server } => unload(&server.client(settings).await?, model).await?,
        ControlCommand::Rollback { name, server } => roll_back(&server.client(settings).await?, name).await?,
        ControlCommand::List { server, format } => list(&server.client(settings).await?, *format).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn load(client: &Client, bundle: &str) -> anyhow::Result<()> {
    let request = v1::LoadModelRequest { source: Some(source(bundle)?) };
    let loaded = client.load_model(request).await?;
    say!("{} takes new streams", spelled(loaded.version.as_ref()));
    loaded.draining.iter().try_for_each(draining)
}

async fn unload(client: &Client, model: &str) -> anyhow::Result<()> {
    let request = v1::UnloadModelRequest { model: model.to_owned() };
    let unloaded = client.unload_model(request).await?;
    unloaded.versions.iter().try_for_each(draining)
}

async fn roll_back(client: &Client, name: &str) -> anyhow::Result<()> {
    let request = v1::RollbackModelRequest { name: name.to_owned() };
    let rolled_back = client.rollback_model(request).await?;
    say!("{} takes new streams", spelled(rolled_back.version.as_ref()));
    rolled_back.withdrawn.iter().try_for_each(draining)
}

async fn list(client: &Client, format: Format) -> anyhow::Result<()> {
    let listed = client.list_models(v1::ListModelsRequest {}).await?;
    let longest = listed.versions.iter().map(|version| spelled(Some(version)).len()).max().unwrap_or(0);
    for version in &listed.versions {
        match format {
            Format::Json => say!("{}", json(version)),
            Format::Text => {
                let (streams, facts) = (version.live_streams, facts(version));
                say!(
                    "{:longest$}  {:8}  {streams:4} streams  {facts}",
                    spelled(Some(version)),
                    state(version)
                );
            }
        }
    }
    Ok(())
}

/// A path where there is a bundle, or where it looks like one; else a name.
fn source(bundle: &str) -> anyhow::Result<Source> {
    let path = Path::new(bundle);
    if bundle.contains('/') || bundle.ends_with(ARCHIVE_ENDING) || path.is_dir() {
        let path = std::path::absolute(path)?;
        return Ok(Source::Path(path.to_string_lossy().into_owned()));
    }
    Ok(Source::Model(bundle.to_owned()))
}

fn draining(version: &v1::ModelVersion) -> anyhow::Result<()> {
    let name = spelled(Some(version));
    match version.live_streams {
        0 => say!("{name} takes no new streams and has none"),
        1 => say!("{name} takes no new streams; the one that it has goes on"),
        streams => say!("{name} takes no new streams; the {streams} that it has go on"),
    }
    Ok(())
}

fn facts(version: &v1::ModelVersion) -> String {
    let by_name = version.answers_by_name.then(|| {
        let name = version.reference.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
        format!("answers for {name}")
    });
    let signed = Some(&version.signed_by).filter(|key| !key.is_empty()).map(|key| format!("signed by {key}"));
    let reason = Some(version.reason.clone()).filter(|reason| !reason.is_empty());
    by_name.into_iter().chain(signed).chain(reason).collect::<Vec<_>>().join("; ")
}

fn json(version: &v1::ModelVersion) -> serde_json::Value {
    let reference = version.reference.clone().unwrap_or_default();
    serde_json::json!({
        "name": reference.name,
        "version": reference.version,
        "state": state(version),
        "reason": version.reason,
        "live_streams": version.live_streams,
        "path": version.path,
        "signed_by": version.signed_by,
        "answers_by_name": version.answers_by_name,
    })
}

fn state(version: &v1::ModelVersion) -> &'static str {
    match version.state() {
        State::Unspecified => "unknown",
        State::Loading => "loading",
        State::Ready => "ready",
        State::Draining => "draining",
        State::Refused => "refused",
        State::Unloaded => "unloaded",
    }
}

fn spelled(version: Option<&v1::ModelVersion>) -> String {
    let reference = version.and_then(|version| version.reference.clone()).unwrap_or_default();
    format!("{}@{}", reference.name, reference.version)
}
