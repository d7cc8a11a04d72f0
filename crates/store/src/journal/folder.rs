//! The data folder: who owns it, and how its file is opened.

use crate::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "journal.db";
const LOCK: &str = "journal.lock";

/// How long a statement waits for another program, such as the sqlite3 shell, to let go of the file.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The journal's file in `folder`.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Makes `folder` when missing and takes it for this process, until the file handle is dropped.
/// SQLite itself would let two servers write by turns, and each would end the other's open streams.
pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let cannot_write = |source| StoreError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(cannot_write)?;
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK));
    let file = file.map_err(cannot_write)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(cannot_write(source)),
    }
}

/// Opens the file for writing, and makes it where it is missing.
pub(crate) async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let opened = writing(path).create_if_missing(true).connect().await;
    opened.map_err(|source| StoreError::journal(path, source))
}

/// How the file is opened for writing. A commit returns after the write-ahead log is on the disk, and what is deleted is
/// overwritten.
pub(crate) fn writing(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "on")
        .busy_timeout(BUSY)
        .disable_statement_logging()
}

/// How the file is opened for reading beside a writer.
pub(crate) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(true)
        .busy_timeout(BUSY)
        .disable_statement_logging()
}
