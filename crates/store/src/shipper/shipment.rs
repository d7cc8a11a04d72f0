//! The way of one batch.

use crate::columns::{PredictionColumns, StreamColumns};
use crate::erasure::Subject;
use crate::journal::{Batch, Kind, Refusal, Settlement};
use crate::postgres::{self, Expect, Failure, Rows, merge_predictions, merge_streams};
use sqlx::{Connection, PgConnection};

/// What became of a batch.
pub(super) enum Carried {
    /// Its rows are in Postgres, or refused for good.
    Settled(Settlement),
    /// Nothing was sent: these subjects are to be forgotten first.
    Erased(Vec<Subject>),
}

/// How an attempt to send rows ended.
enum Outcome {
    Arrived,
    Refused(String),
    Erased,
    /// Some rows were there already, and nothing was done.
    SomeKnown,
}

/// A connection with the buffer of its rows, and the last erasure that the journal has done too.
struct Lane<'c> {
    connection: &'c mut PgConnection,
    buffer: &'c mut Rows,
    followed: i64,
}

/// Carries `batch` over and tells what became of it. When it fails nothing is to be settled, and the
/// same rows are sent again. An empty batch only asks whether Postgres still answers.
pub(super) async fn carry(
    connection: &mut PgConnection,
    buffer: &mut Rows,
    batch: &Batch,
    followed: i64,
) -> Result<Carried, sqlx::Error> {
    let mut lane = Lane { connection, buffer, followed };
    let Some(refused) = lane.send(&batch.streams, &batch.predictions).await? else {
        return Ok(Carried::Erased(postgres::erasures_since(lane.connection, followed).await?));
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
    ) -> Result<Option<Vec<Refusal>>, sqlx::Error> {
        let mut refused = Vec::new();
        let mut pieces = vec![(streams, predictions)];
        while let Some((streams, predictions)) = pieces.pop() {
            let mut outcome = self.attempt(streams, predictions, Expect::AllNew).await?;
            if let Outcome::SomeKnown = outcome {
                outcome = self.attempt(streams, predictions, Expect::SomeKnown).await?;
            }
            let error = match outcome {
                Outcome::Arrived | Outcome::SomeKnown => continue,
                Outcome::Erased => return Ok(None),
                Outcome::Refused(error) => error,
            };
            match (streams, predictions) {
                ([one], []) => refused.push(Refusal { kind: Kind::Stream, id: one.id.clone(), error }),
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
