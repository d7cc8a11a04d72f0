//! Brings a database to the newest version, and takes it back.

use crate::{PostgresUrl, StoreError, journal, postgres};
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, SqliteConnection};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The journal's migrations.
pub(crate) static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
/// Those of Postgres.
pub(crate) static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// A database that Undertone writes to.
#[derive(Debug, Clone)]
pub enum Database {
    /// The journal in this data folder.
    Journal(PathBuf),
    /// A Postgres database.
    Postgres(PostgresUrl),
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The file, or host, port and database.
    pub database: String,
    /// What was applied or taken back, oldest first, as `1 recording`; empty when nothing was to do.
    pub changed: Vec<String>,
    /// The version that the database has now; 0 when it has no tables.
    pub version: i64,
}

impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changed.is_empty() {
            return write!(f, "{}: version {}, nothing to do", self.database, self.version);
        }
        write!(f, "{}: version {}, changed {}", self.database, self.version, self.changed.join(", "))
    }
}

/// Applies every migration that `database` lacks. A journal must not be in use.
pub async fn migrate(database: &Database) -> Result<MigrationReport, StoreError> {
    apply(database, None).await
}

/// Applies what `database` lacks up to and with `version`. A journal must not be in use.
pub async fn migrate_to(database: &Database, version: i64) -> Result<MigrationReport, StoreError> {
    apply(database, Some(version)).await
}

async fn apply(database: &Database, version: Option<i64>) -> Result<MigrationReport, StoreError> {
    let (name, outcome) = match database {
        Database::Journal(folder) => {
            let mut owned = OwnedJournal::open(folder).await?;
            let outcome = up_to(&mut owned.connection, &SQLITE, version).await;
            (owned.close().await?, outcome)
        }
        Database::Postgres(url) => {
            let mut connection = postgres::connect(url).await?;
            (url.target(), up_to(&mut connection, &POSTGRES, version).await)
        }
    };
    report(name, outcome)
}

/// Takes the migrations behind `version` back; with 0, tables and rows are gone. A journal must not be in use.
pub async fn revert_to(database: &Database, version: i64) -> Result<MigrationReport, StoreError> {
    let (name, outcome) = match database {
        Database::Journal(folder) => {
            let mut owned = OwnedJournal::open(folder).await?;
            let before = applied(&mut owned.connection, &SQLITE).await;
            let undone = SQLITE.undo(&mut owned.connection, version).await;
            (owned.close().await?, taken_back(before, undone, (&SQLITE, version)))
        }
        Database::Postgres(url) => {
            let mut connection = postgres::connect(url).await?;
            let before = applied(&mut connection, &POSTGRES).await;
            let undone = POSTGRES.undo(&mut connection, version).await;
            (url.target(), taken_back(before, undone, (&POSTGRES, version)))
        }
    };
    report(name, outcome)
}

/// A journal that nobody else has.
struct OwnedJournal {
    path: PathBuf,
    connection: SqliteConnection,
    _lock: File,
}

impl OwnedJournal {
    async fn open(folder: &Path) -> Result<Self, StoreError> {
        let lock = journal::lock(folder)?;
        let path = journal::file_in(folder);
        Ok(Self { connection: journal::connect(&path).await?, path, _lock: lock })
    }

    /// Gives the file's name.
    async fn close(self) -> Result<String, StoreError> {
        let closed = self.connection.close().await;
        closed.map_err(|source| StoreError::journal(&self.path, source))?;
        Ok(self.path.display().to_string())
    }
}

fn report(
    database: String,
    outcome: Result<(Vec<String>, i64), MigrateError>,
) -> Result<MigrationReport, StoreError> {
    match outcome {
        Ok((changed, version)) => Ok(MigrationReport { database, changed, version }),
        Err(source) => Err(StoreError::migrate(database, source)),
    }
}

/// Applies what is missing on an open connection; returns what was applied and the version now.
pub(crate) async fn up<C: Migrate>(
    connection: &mut C,
    migrator: &Migrator,
) -> Result<(Vec<String>, i64), MigrateError> {
    up_to(connection, migrator, None).await
}

async fn up_to<C: Migrate>(
    connection: &mut C,
    migrator: &Migrator,
    version: Option<i64>,
) -> Result<(Vec<String>, i64), MigrateError> {
    // The migrator locks too; locks of one connection nest. Looking at the tables has to happen
    // inside, since it makes the table of versions, and two servers may start at once.
    connection.lock().await?;
    let before = applied(connection, migrator).await?;
    migrator.run_direct(version, connection, false).await?;
    let after = applied(connection, migrator).await?;
    connection.unlock().await?;
    Ok((described(migrator, after.difference(&before)), newest(&after)))
}

/// `undo` takes a whole `Acquire`, which cannot be named generically over both databases; so it is
/// called outside and its result joined here.
fn taken_back(
    before: Result<BTreeSet<i64>, MigrateError>,
    undone: Result<(), MigrateError>,
    (migrator, version): (&Migrator, i64),
) -> Result<(Vec<String>, i64), MigrateError> {
    let before = before?;
    undone?;
    Ok((described(migrator, before.range(version + 1..)), version))
}

async fn applied<C: Migrate>(connection: &mut C, migrator: &Migrator) -> Result<BTreeSet<i64>, MigrateError> {
    connection.ensure_migrations_table(&migrator.table_name).await?;
    let applied = connection.list_applied_migrations(&migrator.table_name).await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

fn described<'a>(migrator: &Migrator, versions: impl Iterator<Item = &'a i64>) -> Vec<String> {
    versions
        .filter_map(|version| migrator.iter().find(|migration| migration.version == *version))
        .map(|migration| format!("{} {}", migration.version, migration.description))
        .collect()
}

fn newest(versions: &BTreeSet<i64>) -> i64 {
    versions.last().copied().unwrap_or(0)
}
