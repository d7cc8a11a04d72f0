//! Reads and writes the table of API keys.

use super::StoredKey;
use crate::{Database, StoreError, journal, migrate};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection};

const ALL: &str = "select id, name, tenant, secret_sha256, scopes, max_streams, audio_seconds_per_minute, \
     created_at_micros, expires_at_micros, revoked_at_micros from api_keys order by created_at_micros, id";
const INSERT: &str = "insert into api_keys (id, name, tenant, secret_sha256, scopes, max_streams, \
     audio_seconds_per_minute, created_at_micros, expires_at_micros) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
/// A key that was taken back stays so, from the first time on.
const REVOKE: &str = "update api_keys set revoked_at_micros = $2 where id = $1 and revoked_at_micros is null";
/// An end is only ever brought forward.
const EXPIRE: &str = "update api_keys set expires_at_micros = $2 \
     where id = $1 and (expires_at_micros is null or expires_at_micros > $2)";

/// An open table of API keys.
#[derive(Debug)]
pub struct KeyStore {
    connection: AnyConnection,
    database: String,
}

impl KeyStore {
    /// Opens the table, and makes it where it is missing. A server may be running on the same database.
    ///
    /// # Errors
    /// When the database cannot be reached or written.
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let mut store = match Self::connect(database).await {
            Ok(store) => store,
            // There is no journal yet.
            Err(_) if matches!(database, Database::Journal(_)) => {
                migrate(database).await?;
                return Self::connect(database).await;
            }
            Err(error) => return Err(error),
        };
        if store.all().await.is_err() {
            migrate(database).await?;
        }
        Ok(store)
    }

    async fn connect(database: &Database) -> Result<Self, StoreError> {
        let (url, name) = match database {
            Database::Journal(folder) => {
                // In a URL a folder's name would stand where a host's does.
                let folder = std::path::absolute(folder)
                    .map_err(|source| StoreError::Folder { path: folder.clone(), source })?;
                let path = journal::file_in(&folder);
                (journal::writing(&path).to_url_lossy(), path.display().to_string())
            }
            Database::Postgres(url) => (url.options().to_url_lossy(), url.target()),
        };
        let options: Result<AnyConnectOptions, _> = url.as_str().parse();
        let connected = match options {
            Ok(options) => options.disable_statement_logging().connect().await,
            Err(error) => Err(error),
        };
        let failed =
            |source| StoreError::Query { what: "opening the API keys", database: name.clone(), source };
        Ok(Self { connection: connected.map_err(failed)?, database: name })
    }

    /// Every key, the oldest first; also those that are not good any more.
    pub async fn all(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let read = sqlx::query_as(ALL).fetch_all(&mut self.connection).await;
        read.map_err(|source| self.failed("reading the API keys", source))
    }

    /// Adds a key.
    ///
    /// # Errors
    /// When there is one of the same id, or the database fails.
    pub async fn insert(&mut self, key: &StoredKey) -> Result<(), StoreError> {
        let inserted = sqlx::query(INSERT)
            .bind(&key.id)
            .bind(&key.name)
            .bind(&key.tenant)
            .bind(&key.secret_sha256)
            .bind(&key.scopes)
            .bind(key.max_streams)
            .bind(key.audio_seconds_per_minute)
            .bind(key.created_at_micros)
            .bind(key.expires_at_micros)
            .execute(&mut self.connection)
            .await;
        inserted.map(drop).map_err(|source| self.failed("adding an API key", source))
    }

    /// Takes a key back from `at_micros` on; whether there was one that was not taken back before.
    pub async fn revoke(&mut self, id: &str, at_micros: i64) -> Result<bool, StoreError> {
        self.change(REVOKE, id, at_micros).await
    }

    /// Lets a key end at `at_micros`; whether there was one that did not end earlier.
    pub async fn expire(&mut self, id: &str, at_micros: i64) -> Result<bool, StoreError> {
        self.change(EXPIRE, id, at_micros).await
    }

    /// Closes the connection.
    pub async fn close(self) {
        // It is not used any more: nothing is lost when the database does not say goodbye.
        let _ = self.connection.close().await;
    }

    async fn change(
        &mut self,
        statement: &'static str,
        id: &str,
        at_micros: i64,
    ) -> Result<bool, StoreError> {
        let changed = sqlx::query(statement).bind(id).bind(at_micros).execute(&mut self.connection).await;
        let changed = changed.map_err(|source| self.failed("changing an API key", source))?;
        Ok(changed.rows_affected() > 0)
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.database.clone(), source }
    }
}
