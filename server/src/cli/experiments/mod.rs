//! `undertone experiments`

mod plan;
mod show;

use super::SettingsArgs;
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use undertone_client::Client;
use undertone_proto::v1;
use undertone_terminal::say;
use v1::change_experiment_request::Step;

#[derive(Debug, Args)]
pub(super) struct ExperimentsArgs {
    /// The server.
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:50151")]
    server: String,
    #[command(subcommand)]
    command: ExperimentsCommand,
}

#[derive(Debug, Subcommand)]
enum ExperimentsCommand {
    /// Keep a definition, in TOML or JSON, as a draft.
    Create {
        /// The definition; docs/experiments.md describes it.
        file: PathBuf,
        #[command(flatten)]
        author: AuthorArgs,
    },
    /// Say how many units a definition would take, before there are any. No server is asked.
    Plan {
        /// The definition, with a table [expect]; docs/experiments.md describes it.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Assign units, for the first time or again.
    Start(ChangeArgs),
    /// Change the weights: percent by arm; the control takes the rest.
    Ramp {
        /// The experiment.
        name: String,
        /// For instance lstm=50.
        #[arg(required = true, value_name = "ARM=PERCENT", value_parser = weight)]
        weights: Vec<(String, f64)>,
        #[command(flatten)]
        author: AuthorArgs,
    },
    /// Assign no units for now.
    Pause(ChangeArgs),
    /// End it; everybody gets what they would get without it.
    Stop(ChangeArgs),
    /// End it; everybody whom it would take gets an arm's model.
    Promote {
        /// The experiment.
        name: String,
        /// The arm.
        arm: String,
        #[command(flatten)]
        author: AuthorArgs,
    },
    /// Put it away.
    Archive(ChangeArgs),
    /// All experiments.
    List,
    /// One experiment with everybody who changed it.
    Show {
        /// The experiment.
        name: String,
    },
    /// The arm that a subject key gets. Nothing is recorded.
    Assign {
        /// The experiment.
        name: String,
        /// The subject key.
        key: String,
        /// The stream's labels.
        #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
        labels: Vec<(String, String)>,
    },
    /// What the answers say.
    Report {
        /// The experiment.
        name: String,
        /// How it is written.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Write it here.
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct ChangeArgs {
    /// The experiment.
    name: String,
    #[command(flatten)]
    author: AuthorArgs,
}

#[derive(Debug, Args)]
struct AuthorArgs {
    /// Who does it.
    #[arg(long, env = "USER", default_value = "somebody")]
    who: String,
    /// Why; kept with the change.
    #[arg(long)]
    why: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Html,
}

pub(super) async fn run(args: &ExperimentsArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    if let ExperimentsCommand::Plan { file, json } = &args.command {
        plan::plan(&definition(file)?, *json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let client = settings.target(&args.server).connect().await?;
    match &args.command {
        // Answered above, without a server.
        ExperimentsCommand::Plan { .. } => {}
        ExperimentsCommand::Create { file, author } => create(&client, file, author).await?,
        ExperimentsCommand::Start(change) => change.take(&client, Step::Start(v1::StartStep {})).await?,
        ExperimentsCommand::Pause(change) => change.take(&client, Step::Pause(v1::PauseStep {})).await?,
        ExperimentsCommand::Stop(change) => change.take(&client, Step::Stop(v1::StopStep {})).await?,
        ExperimentsCommand::Archive(change) => {
            change.take(&client, Step::Archive(v1::ArchiveStep {})).await?;
        }
        ExperimentsCommand::Ramp { name, weights, author } => {
            let ramp = v1::RampStep { weights: weights.iter().cloned().collect() };
            anyhow::ensure!(ramp.weights.len() == weights.len(), "an arm stands twice: give each one weight");
            take(&client, name, author, Step::Ramp(ramp)).await?;
        }
        ExperimentsCommand::Promote { name, arm, author } => {
            let promote = v1::PromoteStep { arm: arm.clone() };
            take(&client, name, author, Step::Promote(promote)).await?;
        }
        ExperimentsCommand::List => {
            let listed = client.list_experiments(v1::ListExperimentsRequest {}).await?;
            show::list(&listed.experiments)?;
        }
        ExperimentsCommand::Show { name } => {
            show::one(&client.get_experiment(v1::GetExperimentRequest { name: name.clone() }).await?)?;
        }
        ExperimentsCommand::Assign { name, key, labels } => {
            let labels: HashMap<String, String> = labels.iter().cloned().collect();
            let request = v1::AssignRequest { name: name.clone(), key: key.clone(), labels };
            let assigned = client.assign(request).await?;
            match assigned.arm.as_str() {
                "" => say!("{key}: not in {name}: {}", assigned.reason),
                arm => say!("{key}: {arm} ({})", assigned.model),
            }
        }
        ExperimentsCommand::Report { name, format, out } => {
            report(&client, name, *format, out.as_deref()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl ChangeArgs {
    async fn take(&self, client: &Client, step: Step) -> anyhow::Result<()> {
        take(client, &self.name, &self.author, step).await
    }
}

async fn create(client: &Client, file: &Path, author: &AuthorArgs) -> anyhow::Result<()> {
    let request = v1::CreateExperimentRequest {
        definition: definition(file)?,
        who: author.who.clone(),
        why: author.why.clone(),
    };
    let created = client.create_experiment(request).await?;
    show::state(&created.experiment.unwrap_or_default())?;
    if !created.estimate.is_empty() {
        say!("{}", created.estimate);
    }
    Ok(())
}

/// The definition as JSON; a file that does not begin as a JSON object is TOML.
fn definition(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    if text.trim_start().starts_with('{') {
        return Ok(text);
    }
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("{} is no TOML", file.display()))?;
    Ok(serde_json::to_string(&table)?)
}

async fn take(client: &Client, name: &str, author: &AuthorArgs, step: Step) -> anyhow::Result<()> {
    let request = v1::ChangeExperimentRequest {
        name: name.to_owned(),
        who: author.who.clone(),
        why: author.why.clone(),
        step: Some(step),
    };
    let changed = client.change_experiment(request).await?;
    Ok(show::state(&changed.experiment.unwrap_or_default())?)
}

async fn report(client: &Client, name: &str, format: Format, out: Option<&Path>) -> anyhow::Result<()> {
    let format = match format {
        Format::Text => v1::ReportFormat::Text,
        Format::Json => v1::ReportFormat::Json,
        Format::Html => v1::ReportFormat::Html,
    };
    let request = v1::GetReportRequest { name: name.to_owned(), format: format.into() };
    let made = client.get_report(request).await?;
    match out {
        Some(path) => std::fs::write(path, made.content)
            .with_context(|| format!("{} cannot be written", path.display()))?,
        None => say!("{}", made.content.trim_end()),
    }
    Ok(())
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let (arm, percent) = label(text)?;
    let percent = percent.trim_end_matches('%').trim().parse();
    Ok((arm, percent.map_err(|_| "give ARM=PERCENT, for instance lstm=50")?))
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("give KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}
