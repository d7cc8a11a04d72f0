//! The way of one batch.

use crate::columns::{PredictionColumns, StreamColumns};
use crate::erasure::Subject;
use crate::journal::{Batch, Kind, Refusal, Settlement};
use crate::postgres::{self, Expect, Failure, Rows, merge_predictions, merge_streams, note_refused_stream};
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// What became of a batch.
pub(super) enum Carried {
    /// Its rows are in Postgres, or refused for good.
    Settled(Settlement),
    /// Nothing was sent: these subjects are to be forgotten first.
    Erased(Vec<Subject>),
}

/// Why rows did not arrive that may arrive later.
pub(super) enum Broken {
    /// Postgres did not answer for so long.
    Silent(Duration),
    /// It answered with an error, or not at all.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

/// How an attempt to send rows ended.
enum Outcome {
    Arrived,
    Refused(String),
    Erased,
    /// Some rows were there already, and nothing was done.
    SomeKnown,
}

/// A connection with the buffer of its rows, the last erasure that the journal has done too, and how long rows that are sent
/// together may take. Many poisoned rows take many attempts, which is no silence.
pub(super) struct Lane<'c> {
    pub(super) connection: &'c mut PgConnection,
    pub(super) buffer: &'c mut Rows,
    pub(super) followed: i64,
    pub(super) patience: Duration,
}

/// Carries `batch` over and tells what became of it. When it fails nothing is to be settled, and the
/// same rows are sent again. An empty batch only asks whether Postgres still answers.
pub(super) async fn carry(mut lane: Lane<'_>, batch: &Batch) -> Result<Carried, Broken> {
    let Some(refused) = lane.send(&batch.streams, &batch.predictions).await? else {
        return Ok(Carried::Erased(postgres::erasures_since(lane.connection, lane.followed).await?));
    };
    let shipped = batch.len().saturating_sub(refused.len()) as u64;
    let predictions = batch.predictions.len() as u64;
    Ok(Carried::Settled(Settlement { edge: batch.edge, predictions, shipped, refused }))
}

impl Lane<'_> {
    /// Returns the rows that Postgres refused; the others arrived. `None` when somebody is to be forgotten first. Rows
    /// that are refused together are halved until the poisoned ones stand alone.
    async fn send(
        &mut self,
        streams: &[StreamColumns],
        predictions: &[PredictionColumns],
    ) -> Result<Option<Vec<Refusal>>, Broken> {
        let mut refused = Vec::new();
        let mut pieces = vec![(streams, predictions)];
        while let Some((streams, predictions)) = pieces.pop() {
            let patience = self.patience;
            let attempts = self.attempts(streams, predictions);
            let outcome =
                tokio::time::timeout(patience, attempts).await.map_err(|_| Broken::Silent(patience))??;
            let error = match outcome {
                Outcome::Arrived | Outcome::SomeKnown => continue,
                Outcome::Erased => return Ok(None),
                Outcome::Refused(error) => error,
            };
            match (streams, predictions) {
                ([one], []) => {
                    if !self.note_refused(one).await? {
                        return Ok(None);
                    }
                    refused.push(Refusal { kind: Kind::Stream, id: one.id.clone(), error });
                }
                ([], [one]) => refused.push(Refusal { kind: Kind::Prediction, id: one.id.clone(), error }),
                (streams, []) => {
                    let (left, right) = streams.split_at(streams.len() / 2);
                    pieces.extend([(right, predictions), (left, predictions)]);
                }
                ([], predictions) => {
                    let (left, right) = predictions.split_at(predictions.len() / 2);
                    pieces.extend([(streams, right), (streams, left)]);
                }
                (streams, predictions) => pieces.extend([(&[][..], predictions), (streams, &[][..])]),
            }
        }
        Ok(Some(refused))
    }

    /// Has Postgres know whose the answers of a refused stream are, before they arrive; false when somebody is to be forgotten
    /// first.
    async fn note_refused(&mut self, stream: &StreamColumns) -> Result<bool, Broken> {
        let mut transaction = self.connection.begin().await?;
        if postgres::hold_off_erasures(&mut transaction).await? > self.followed {
            return Ok(false);
        }
        match note_refused_stream(&mut transaction, stream).await.map_err(Failure::from) {
            Ok(()) => transaction.commit().await?,
            // Nor does it take what stands for the row.
            Err(Failure::Refused(_)) => transaction.rollback().await?,
            Err(Failure::Outage(source)) => return Err(source.into()),
        }
        Ok(true)
    }

    async fn attempts(
        &mut self,
        streams: &[StreamColumns],
        predictions: &[PredictionColumns],
    ) -> Result<Outcome, sqlx::Error> {
        match self.attempt(streams, predictions, Expect::AllNew).await? {
            Outcome::SomeKnown => self.attempt(streams, predictions, Expect::SomeKnown).await,
            outcome => Ok(outcome),
        }
    }

    /// One transaction, which an erasure cannot get into.
    async fn attempt(
        &mut self,
        streams: &[StreamColumns],
        predictions: &[PredictionColumns],
        expect: Expect,
    ) -> Result<Outcome, sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        if postgres::hold_off_erasures(&mut transaction).await? > self.followed {
            return Ok(Outcome::Erased);
        }
        let sent = match merge_streams(&mut transaction, self.buffer, streams).await {
            Ok(()) => merge_predictions(&mut transaction, self.buffer, predictions, expect).await,
            Err(failure) => Err(failure),
        };
        match sent {
            Ok(true) => {
                transaction.commit().await?;
                Ok(Outcome::Arrived)
            }
            Ok(false) => {
                transaction.rollback().await?;
                Ok(Outcome::SomeKnown)
            }
            Err(Failure::Refused(error)) => {
                transaction.rollback().await?;
                Ok(Outcome::Refused(error))
            }
            Err(Failure::Outage(source)) => Err(source),
        }
    }
}
