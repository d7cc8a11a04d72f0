//! What can go wrong with the journal and with Postgres.

use crate::columns::Misfit;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use std::path::{Path, PathBuf};
use undertone_core::RecordError;

/// A store could not be opened, migrated, read or reached. Messages name the file or the database,
/// and what to do; never a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data folder cannot be made or written.
    #[error("cannot write in the data folder {}: choose a folder that this user can write to (data.dir)", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has the journal open for writing.
    #[error("the data folder {} is in use by another Undertone: stop that one, or choose another folder (data.dir)", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// There is no journal to read.
    #[error("there is no journal at {}: nothing was recorded there yet, or data.dir names another folder", path.display())]
    NoJournal {
        /// The file.
        path: PathBuf,
    },
    /// The journal's file cannot be used.
    #[error("cannot use the journal {}: {advice}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        advice: &'static str,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The text given as the address of Postgres is not one. It is not repeated, since it may hold a password.
    #[error(
        "the Postgres URL (store.url) is not valid: {reason}; write it like postgres://user:password@host:5432/database"
    )]
    Url {
        /// What is wrong.
        reason: String,
    },
    /// Postgres does not answer, or refuses the login.
    #[error("cannot reach Postgres at {target}: check that it runs and that store.url is right")]
    Reach {
        /// Host, port and database.
        target: String,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// Postgres took longer than it is given.
    #[error("Postgres at {target} did not answer within {seconds} s")]
    Silent {
        /// Host, port and database.
        target: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A statement failed on a database that was reached.
    #[error("{what} failed in {database}")]
    Query {
        /// The purpose of the statement.
        what: &'static str,
        /// The file, or host, port and database.
        database: String,
        /// What the database said.
        source: sqlx::Error,
    },
    /// Migrations could not be applied or taken back.
    #[error("cannot migrate {database}: {advice}")]
    Migrate {
        /// The file, or host, port and database.
        database: String,
        /// What to do.
        advice: &'static str,
        /// What the migrator said.
        source: Box<MigrateError>,
    },
    /// A row does not hold what Undertone wrote.
    #[error("a row of {table} in {database} cannot be read: {reason}")]
    Row {
        /// The table.
        table: &'static str,
        /// The file, or host, port and database.
        database: String,
        /// Which column, and what is wrong.
        reason: String,
    },
    /// A question whose answer takes more rows than are read for one.
    #[error(
        "the answer takes more than {rows} rows: ask for less time, longer steps or fewer groups (analytics.max_rows)"
    )]
    TooMuch {
        /// How many are read.
        rows: u32,
    },
    /// Rows that Postgres will never take.
    #[error("{database} refused rows: {reason}")]
    Refused {
        /// Host, port and database.
        database: String,
        /// What it said.
        reason: String,
    },
    /// Rows are in Postgres, and the journal could not note it; they are sent again, which changes nothing.
    #[error("shipped rows could not be noted in the journal")]
    Settle {
        /// What the journal said.
        source: RecordError,
    },
}

impl StoreError {
    /// The message and its first cause as one sentence, for a status or a log line.
    pub fn sentence(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self} ({cause})"),
            None => self.to_string(),
        }
    }

    pub(crate) fn journal(path: &Path, source: sqlx::Error) -> Self {
        let advice = journal_advice(&source);
        Self::Journal { path: path.to_owned(), advice, source }
    }

    pub(crate) fn migrate(database: String, source: MigrateError) -> Self {
        let advice = match source {
            MigrateError::VersionMissing(_) => "it was made by a newer Undertone: run that version",
            MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => {
                "its tables are not those that Undertone made: give Undertone a database of its own"
            }
            _ => "check that the user may create tables there",
        };
        Self::Migrate { database, advice, source: Box::new(source) }
    }

    pub(crate) fn row(table: &'static str, database: String, misfit: &Misfit) -> Self {
        Self::Row { table, database, reason: misfit.to_string() }
    }
}

/// The shared-memory file of the write-ahead log cannot grow (SQLITE_IOERR_SHMSIZE), which means a full disk.
const SHARED_MEMORY_FULL: i32 = 4874;
/// SQLITE_IOERR_WRITE: the system took no write, for another reason than a full disk.
const WRITE_REFUSED: i32 = 778;

/// SQLite's primary result code (<https://www.sqlite.org/rescode.html>), if the error came from SQLite; 13 (FULL) for every
/// way in which a full disk shows, 8 (READONLY) also where a write that fits was refused, as by a disk that turned read-only.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error().and_then(DatabaseError::code)?.parse().ok()?;
    Some(match extended {
        SHARED_MEMORY_FULL => 13,
        WRITE_REFUSED => 8,
        _ => extended & 0xff,
    })
}

fn journal_advice(error: &sqlx::Error) -> &'static str {
    match sqlite_code(error) {
        Some(5 | 6) => "another program holds it locked: close that program",
        Some(3 | 8 | 14 | 23) => {
            "it cannot be written: give this user the right to, have the disk take writes, or change data.dir"
        }
        Some(11 | 26) => "it is damaged: move it away, and a new one is made at the next start",
        Some(13) => "the disk is full: make room",
        Some(10) => "the disk failed: check it",
        _ => "SQLite refused it",
    }
}
