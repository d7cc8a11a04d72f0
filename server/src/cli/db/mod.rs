//! `undertone db`

mod erase;
mod export;
mod reship;
mod status;

use super::SettingsArgs;
use crate::settings::Settings;
use crate::wire_time;
use anyhow::{Context, anyhow};
use clap::Subcommand;
use std::process::ExitCode;
use undertone_core::{PIPELINE_RATE, SystemClock, UnixMicros};
use undertone_store::{Database, JournalReader, PostgresReader, PredictionRow, StoreError, migrate, prune};
use undertone_terminal::say;

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Bring the journal, and Postgres where store.url is set, to the newest version.
    Migrate,
    /// Tell what is stored, what waits, and which partitions there are.
    Status,
    /// Drop what is older than store.retention and store.minutes_kept, as a server does every hour.
    Prune,
    /// Write predictions to a file.
    Export(export::ExportArgs),
    /// Take out everything that is stored about a subject.
    Erase(erase::EraseArgs),
    /// Have the journal send again what Postgres had and lost, as after a failover to a standby that was behind.
    Reship(reship::ReshipArgs),
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
        DbCommand::Status => status::show(&settings).await?,
        DbCommand::Prune => prune_postgres(&settings).await?,
        DbCommand::Export(args) => export::run(args, &settings).await?,
        DbCommand::Erase(args) => erase::run(args, &settings).await?,
        DbCommand::Reship(args) => reship::run(args, &settings).await?,
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

async fn prune_postgres(settings: &Settings) -> anyhow::Result<()> {
    let Some(url) = &settings.store.url else {
        anyhow::bail!("there is no Postgres to prune: set store.url");
    };
    let keeping = &settings.store.shipping.keeping;
    if keeping.retention.is_none() {
        say!("rows are kept for ever: set store.retention to drop old ones");
    }
    let pruned = prune(url, keeping, &SystemClock).await.map_err(|error| sentence(&error))?;
    for partition in &pruned.partitions {
        say!("dropped {partition}");
    }
    say!(
        "deleted {} rows of default partitions and {} rows of rollups by the minute",
        pruned.rows,
        pruned.rollups
    );
    say!("deleted {} judgements, exposures and notes about refused streams", pruned.beside);
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

/// The time that a flag was given.
fn time(flag: &str, text: &str) -> anyhow::Result<UnixMicros> {
    let wrong = || format!("{flag} {text:?}: give a time like 2026-03-01T12:00:00Z");
    let time: prost_types::Timestamp = text.parse().ok().with_context(wrong)?;
    wire_time::moment(&time).with_context(wrong)
}

fn sentence(error: &StoreError) -> anyhow::Error {
    anyhow!(error.sentence())
}
