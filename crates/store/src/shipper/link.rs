//! The connection to Postgres, and what is done on it beside carrying rows.

use super::shipment::{self, Broken, Carried, Lane};
use super::{ShipperOptions, now};
use crate::journal::Batch;
use crate::postgres::{self, Rows};
use crate::{PostgresUrl, Pruned, StoreError, migrate};
use sqlx::PgConnection;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long migrations may take, the wait for another server that migrates included.
const MIGRATION: Duration = Duration::from_secs(300);
/// How often partitions are made ahead, and old ones dropped.
const MAINTENANCE_EVERY: Duration = Duration::from_secs(3600);

pub(super) struct Link {
    url: PostgresUrl,
    options: ShipperOptions,
    /// `None` before the first connection and after a failure.
    connection: Option<PgConnection>,
    /// Periods whose partitions are known to be there.
    periods: HashSet<i64>,
    maintained: Option<Instant>,
    buffer: Rows,
}

impl Link {
    pub(super) fn new(url: PostgresUrl, options: ShipperOptions) -> Self {
        Self {
            url,
            options,
            connection: None,
            periods: HashSet::new(),
            maintained: None,
            buffer: Rows::default(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Connects, makes what is missing, and looks after the partitions when it is time.
    pub(super) async fn open(&mut self) -> Result<(), StoreError> {
        self.connection = None;
        let mut connection = postgres::connect(&self.url).await?;
        let (applied, version) =
            tokio::time::timeout(MIGRATION, migrate::up(&mut connection, &migrate::POSTGRES))
                .await
                .map_err(|_| self.silent(MIGRATION))?
                .map_err(|source| StoreError::migrate(self.url.target(), source))?;
        if !applied.is_empty() {
            tracing::info!(target = %self.url.target(), version, "made the tables in Postgres");
        }
        postgres::make_staging(&mut connection).await.map_err(|source| self.failed(source))?;
        self.periods.clear();
        self.connection = Some(connection);
        Ok(())
    }

    /// Carries a batch. The connection is closed when that fails.
    pub(super) async fn carry(&mut self, batch: &Batch, followed: i64) -> Result<Carried, StoreError> {
        self.maintain().await?;
        // Taken out, so that a connection whose exchange was broken off is never used again.
        let Some(mut connection) = self.connection.take() else { return Err(self.silent(Duration::ZERO)) };
        let patience = self.options.batch_timeout;
        let rows = (&mut self.periods, batch.streams.as_slice(), batch.predictions.as_slice());
        let making = postgres::make_for(&mut connection, &self.options.keeping, now(), rows);
        let made = tokio::time::timeout(patience, making).await.map_err(|_| self.silent(patience))?;
        put_off(made, UNMADE).map_err(|source| self.failed(source))?;
        let lane = Lane { connection: &mut connection, buffer: &mut self.buffer, followed, patience };
        let carried = shipment::carry(lane, batch).await.map_err(|broken| match broken {
            Broken::Silent(waited) => self.silent(waited),
            Broken::Failed(source) => self.failed(source),
        })?;
        self.connection = Some(connection);
        Ok(carried)
    }

    async fn maintain(&mut self) -> Result<(), StoreError> {
        if self.maintained.is_some_and(|at| at.elapsed() < MAINTENANCE_EVERY) {
            return Ok(());
        }
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        let keeping = &self.options.keeping;
        let work = async {
            put_off(postgres::make_ahead(&mut connection, keeping, now()).await, UNMADE)?;
            let mut pruned = Pruned::default();
            put_off(postgres::prune(&mut connection, keeping, now(), &mut pruned).await, UNDROPPED)?;
            Ok::<_, sqlx::Error>(pruned)
        };
        let Ok(pruned) = tokio::time::timeout(MIGRATION, work).await else {
            // The same again would keep rows waiting for ever.
            self.maintained = Some(Instant::now());
            return Err(self.silent(MIGRATION));
        };
        let pruned = pruned.map_err(|source| self.failed(source))?;
        if !pruned.is_empty() {
            let Pruned { partitions, rows, beside, rollups } = pruned;
            let partitions = partitions.join(", ");
            tracing::info!(partitions, rows, beside, rollups, "dropped what is older than store.retention");
        }
        self.maintained = Some(Instant::now());
        self.connection = Some(connection);
        Ok(())
    }

    fn silent(&self, waited: Duration) -> StoreError {
        StoreError::Silent { target: self.url.target(), seconds: waited.as_secs() }
    }

    fn failed(&self, source: sqlx::Error) -> StoreError {
        StoreError::Query { what: "shipping to Postgres", database: self.url.target(), source }
    }
}

/// Without a partition of their own rows lie in the default one and are moved later.
const UNMADE: &str = "a partition could not be made; rows go to the default one meanwhile";
/// What somebody reads, or builds upon, is dropped the next time.
const UNDROPPED: &str =
    "what is older than store.retention could not be dropped; it is tried again in an hour";

/// Upkeep that Postgres refuses is no reason not to ship: it is logged as `what`.
fn put_off(upkeep: Result<(), sqlx::Error>, what: &str) -> Result<(), sqlx::Error> {
    match upkeep {
        Err(sqlx::Error::Database(error)) => {
            tracing::warn!(%error, "{what}");
            Ok(())
        }
        other => other,
    }
}
