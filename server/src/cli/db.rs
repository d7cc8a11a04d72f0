//! `undertone db`

use super::SettingsArgs;
use super::console::say;
use crate::settings::Settings;
use anyhow::anyhow;
use clap::Subcommand;
use std::process::ExitCode;
use undertone_core::PIPELINE_RATE;
use undertone_store::{Counts, Database, JournalReader, PostgresReader, PredictionRow, StoreError, migrate};

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Bring the journal, and Postgres where store.url is set, to the newest version.
    Migrate,
    /// Count what is stored.
    Status,
    /// Show the newest predictions.
    Recent {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
}

pub(super) async fn run(command: &DbCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let settings = settings.load(Vec::new())?;
    match command {
        DbCommand::Migrate => migrate_all(&settings).await?,
        DbCommand::Status => status(&settings).await?,
        DbCommand::Recent { limit } => recent(&settings, *limit).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate_all(settings: &Settings) -> anyhow::Result<()> {
    let journal = Database::Journal(settings.data_dir.clone());
    let postgres = settings.store.url.clone().map(Database::Postgres);
    for database in std::iter::once(journal).chain(postgres) {
        say!("{}", migrate(&database).await.map_err(|error| sentence(&error))?);
    }
    Ok(())
}

async fn status(settings: &Settings) -> anyhow::Result<()> {
    let journal = JournalReader::open(&settings.data_dir).await.map_err(|error| sentence(&error))?;
    show_counts("journal", journal.counts().await.map_err(|error| sentence(&error))?)?;
    if let Some(url) = &settings.store.url {
        let mut postgres = PostgresReader::connect(url).await.map_err(|error| sentence(&error))?;
        show_counts("postgres", postgres.counts().await.map_err(|error| sentence(&error))?)?;
    }
    Ok(())
}

fn show_counts(name: &str, counts: Counts) -> std::io::Result<()> {
    say!(
        "{name}: {} streams ({} open), {} predictions",
        counts.streams,
        counts.open_streams,
        counts.predictions
    );
    Ok(())
}

/// Reads Postgres where it is configured, else the journal.
async fn recent(settings: &Settings, limit: u32) -> anyhow::Result<()> {
    let rows = match &settings.store.url {
        Some(url) => PostgresReader::connect(url)
            .await
            .map_err(|error| sentence(&error))?
            .recent_predictions(limit)
            .await
            .map_err(|error| sentence(&error))?,
        None => {
            let journal = JournalReader::open(&settings.data_dir).await.map_err(|error| sentence(&error))?;
            journal.recent_predictions(limit).await.map_err(|error| sentence(&error))?
        }
    };
    say!("{:<36}  {:<14}  {:>17}  {:<10} {:>6}", "prediction", "model", "interval", "top", "conf.");
    for row in rows {
        say!("{}", line(&row));
    }
    Ok(())
}

fn line(row: &PredictionRow) -> String {
    let (start, end) =
        (PIPELINE_RATE.seconds_of(row.interval.start), PIPELINE_RATE.seconds_of(row.interval.end));
    format!(
        "{}  {:<14}  {start:>7.2}-{end:>7.2} s  {:<10} {:>4.0} %",
        row.prediction_id,
        row.model.to_string(),
        row.top,
        row.confidence * 100.0
    )
}

fn sentence(error: &StoreError) -> anyhow::Error {
    anyhow!(error.sentence())
}
