//! `undertone keys`

use super::SettingsArgs;
use super::duration::{duration, positive_duration};
use crate::access::{ApiKey, Scope, Scopes};
use crate::server::key_database;
use anyhow::{Context, anyhow, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use undertone_core::{Clock, SystemClock};
use undertone_store::{Database, JournalReader, KeyStore, StoredKey};
use undertone_terminal::say;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a key, and show it this one time.
    Create(CreateArgs),
    /// List the keys; the keys themselves are not kept and cannot be shown.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a key like another one, good for as long as that was made for; the other one ends after a while.
    Rotate {
        /// The other key's id, as `list` shows it.
        id: String,
        /// How long both are good.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
        overlap: Duration,
    },
    /// Take a key back.
    Revoke {
        /// The key's id, as `list` shows it.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// What to call it, for instance who will use it.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// Whose records its calls make, and may see.
    #[arg(long, default_value = "default", value_parser = NonEmptyStringValueParser::new())]
    tenant: String,
    /// What it is good for: recognize, feedback, analytics, admin.
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', default_value = "recognize")]
    scopes: Vec<Scope>,
    /// How long it is good, for instance 720h; without it, until it is revoked.
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    expires_in: Option<Duration>,
    /// Streams at a time.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    max_streams: Option<u32>,
    /// Seconds of audio per minute.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    audio_seconds_per_minute: Option<u32>,
}

pub(super) async fn run(command: &KeysCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let settings = settings.load(Vec::new())?;
    let database = key_database(&settings);
    if let Database::Journal(folder) = &database {
        match command {
            // Where nothing is, only a new key makes something.
            KeysCommand::Create(_) => tell_of_new(folder),
            _ => drop(JournalReader::open(folder).await.map_err(|error| anyhow!(error.sentence()))?),
        }
    }
    let mut store = KeyStore::open(&database).await.map_err(|error| anyhow!(error.sentence()))?;
    match command {
        KeysCommand::Create(args) => create(&mut store, args).await?,
        KeysCommand::List { json } => list(&mut store, *json).await?,
        KeysCommand::Rotate { id, overlap } => rotate(&mut store, id, *overlap).await?,
        KeysCommand::Revoke { id } => revoke(&mut store, id).await?,
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A folder that is made for the first key may be one that no server reads.
fn tell_of_new(folder: &Path) {
    if !folder.exists() {
        let folder = folder.display();
        eprintln!("The folder {folder} is new: only a server with this --data-dir takes the key.");
    }
}

async fn create(store: &mut KeyStore, args: &CreateArgs) -> anyhow::Result<()> {
    let now = now();
    let key = StoredKey {
        id: String::new(),
        name: args.name.clone(),
        tenant: args.tenant.clone(),
        secret_sha256: String::new(),
        scopes: Scopes::new(args.scopes.clone()).map_err(|error| anyhow!(error))?.to_string(),
        max_streams: args.max_streams.map(i64::from),
        audio_seconds_per_minute: args.audio_seconds_per_minute.map(i64::from),
        created_at_micros: now,
        expires_at_micros: args.expires_in.map(|good| later(now, good)),
        revoked_at_micros: None,
    };
    add(store, key).await
}

/// Gives `like` an id and a secret of its own, stores it, and shows the key.
async fn add(store: &mut KeyStore, like: StoredKey) -> anyhow::Result<()> {
    let key = ApiKey::generate().context("the system gives no random numbers")?;
    let stored = StoredKey { id: key.id().to_owned(), secret_sha256: key.digest().digits(), ..like };
    store.insert(&stored).await.map_err(|error| anyhow!(error.sentence()))?;
    say!("{}", key.reveal());
    eprintln!("This is the only time that the key is shown. Its id is {}.", key.id());
    Ok(())
}

async fn rotate(store: &mut KeyStore, id: &str, overlap: Duration) -> anyhow::Result<()> {
    let old = find(store, id).await?;
    let now = now();
    if state(&old, now) != "good" {
        bail!("the key {id} is {}: make a new one with `undertone keys create`", state(&old, now));
    }
    // The new key is good for as long as the old one was made for.
    let expires_at_micros =
        old.expires_at_micros.map(|end| now.saturating_add(end.saturating_sub(old.created_at_micros)));
    let end = later(now, overlap).min(old.expires_at_micros.unwrap_or(i64::MAX));
    add(store, StoredKey { created_at_micros: now, expires_at_micros, ..old }).await?;
    store.expire(id, end).await.map_err(|error| anyhow!(error.sentence()))?;
    eprintln!("The key {id} ends at {}.", moment(Some(end)));
    if expires_at_micros.is_some() {
        eprintln!("The new one ends at {}.", moment(expires_at_micros));
    }
    Ok(())
}

async fn revoke(store: &mut KeyStore, id: &str) -> anyhow::Result<()> {
    find(store, id).await?;
    let revoked = store.revoke(id, now()).await.map_err(|error| anyhow!(error.sentence()))?;
    say!("{id} {}", if revoked { "is revoked" } else { "was revoked before" });
    Ok(())
}

async fn find(store: &mut KeyStore, id: &str) -> anyhow::Result<StoredKey> {
    let keys = store.all().await.map_err(|error| anyhow!(error.sentence()))?;
    let found = keys.into_iter().find(|key| key.id == id);
    found.with_context(|| format!("there is no key {id:?}; `undertone keys list` shows their ids"))
}

async fn list(store: &mut KeyStore, json: bool) -> anyhow::Result<()> {
    let keys = store.all().await.map_err(|error| anyhow!(error.sentence()))?;
    let now = now();
    if json {
        let rows: Vec<_> = keys.iter().map(|key| row(key, now)).collect();
        say!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let limit = |value: Option<i64>| value.map_or_else(|| "-".into(), |value| value.to_string());
    say!(
        "{:<12}  {:<8} {:<20} {:<12} {:<20} {:>7} {:>8}  name",
        "id",
        "state",
        "ends",
        "tenant",
        "scopes",
        "streams",
        "s/min"
    );
    for key in keys {
        say!(
            "{:<12}  {:<8} {:<20} {:<12} {:<20} {:>7} {:>8}  {}",
            key.id,
            state(&key, now),
            moment(key.expires_at_micros),
            key.tenant,
            key.scopes,
            limit(key.max_streams),
            limit(key.audio_seconds_per_minute),
            key.name
        );
    }
    Ok(())
}

fn row(key: &StoredKey, now: i64) -> serde_json::Value {
    serde_json::json!({
        "id": key.id,
        "name": key.name,
        "state": state(key, now),
        "tenant": key.tenant,
        "scopes": key.scopes.split_whitespace().collect::<Vec<_>>(),
        "max_streams": key.max_streams,
        "audio_seconds_per_minute": key.audio_seconds_per_minute,
        "created_at_micros": key.created_at_micros,
        "expires_at_micros": key.expires_at_micros,
        "revoked_at_micros": key.revoked_at_micros,
    })
}

/// A time to the second, as 2026-03-01T12:00:00Z.
fn moment(micros: Option<i64>) -> String {
    let told = |micros: i64| prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos: 0 };
    micros.map_or_else(|| "-".to_owned(), |micros| told(micros).to_string())
}

fn state(key: &StoredKey, now: i64) -> &'static str {
    match (key.revoked_at_micros, key.expires_at_micros) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if end <= now => "expired",
        _ => "good",
    }
}

fn now() -> i64 {
    SystemClock.now().0
}

fn later(now: i64, by: Duration) -> i64 {
    now.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
}
