//! Puts many records into Postgres at once, in the way of the shipper but without a journal: for what was recorded
//! elsewhere.

use crate::columns::{Misfit, PredictionColumns, StreamColumns};
use crate::postgres::{self, Expect, Failure, Rows, make_for, merge_predictions, merge_streams};
use crate::{Database, Keeping, PostgresUrl, PredictionRow, StoreError, StreamRow, migrate};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;
use undertone_core::{Clock, SystemClock};

/// Puts many records into Postgres at once. What is there already stays as it is, and counts once in the rollups.
pub struct Loader {
    connection: PgConnection,
    target: String,
    keeping: Keeping,
    /// Periods whose partitions are known to be there.
    periods: HashSet<i64>,
    buffer: Rows,
}

impl Loader {
    /// Connects, and makes the tables where they are missing.
    ///
    /// # Errors
    /// When Postgres cannot be reached or migrated.
    pub async fn open(url: &PostgresUrl, keeping: Keeping) -> Result<Self, StoreError> {
        migrate(&Database::Postgres(url.clone())).await?;
        let mut connection = postgres::connect(url).await?;
        let target = url.target();
        let made = postgres::make_staging(&mut connection).await;
        made.map_err(|source| failed(&target, source))?;
        Ok(Self { connection, target, keeping, periods: HashSet::new(), buffer: Rows::default() })
    }

    /// Puts these in, all of them or none.
    ///
    /// # Errors
    /// When a record cannot be a row, or Postgres does not take it.
    pub async fn load(&mut self, streams: &[StreamRow], answers: &[PredictionRow]) -> Result<(), StoreError> {
        let misfit = |table| {
            let target = self.target.clone();
            move |misfit: Misfit| StoreError::row(table, target, &misfit)
        };
        let streams: Result<Vec<_>, _> = streams.iter().map(StreamColumns::try_from).collect();
        let streams = streams.map_err(misfit("streams"))?;
        let answers: Result<Vec<_>, _> = answers.iter().map(PredictionColumns::try_from).collect();
        let answers = answers.map_err(misfit("predictions"))?;
        let loaded = match self.transaction(&streams, &answers, Expect::AllNew).await {
            Ok(false) => self.transaction(&streams, &answers, Expect::SomeKnown).await,
            other => other,
        };
        match loaded {
            Ok(_) => Ok(()),
            Err(Failure::Outage(source)) => Err(failed(&self.target, source)),
            Err(Failure::Refused(reason)) => {
                Err(StoreError::Refused { database: self.target.clone(), reason })
            }
        }
    }

    /// False when some were there against what was expected, and nothing was done.
    async fn transaction(
        &mut self,
        streams: &[StreamColumns],
        answers: &[PredictionColumns],
        expect: Expect,
    ) -> Result<bool, Failure> {
        let rows = (&mut self.periods, streams, answers);
        make_for(&mut self.connection, &self.keeping, SystemClock.now(), rows).await?;
        let mut transaction = self.connection.begin().await?;
        merge_streams(&mut transaction, &mut self.buffer, streams).await?;
        if !merge_predictions(&mut transaction, &mut self.buffer, answers, expect).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}

fn failed(target: &str, source: sqlx::Error) -> StoreError {
    StoreError::Query { what: "loading records", database: target.to_owned(), source }
}
