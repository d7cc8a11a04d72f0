//! The way of one batch.

use crate::journal::{Batch, Kind, Refusal, Settlement};
use crate::postgres::{Failure, insert_predictions, insert_streams};
use crate::{PostgresUrl, StoreError};
use sqlx::{Connection, PgConnection};

/// Carries `batch` over and tells what became of it. When it fails nothing is to be settled, and the
/// same rows are sent again. An empty batch only asks whether Postgres still answers.
pub(super) async fn carry(
    connection: &mut PgConnection,
    url: &PostgresUrl,
    batch: &Batch,
) -> Result<Settlement, StoreError> {
    let carried = if batch.len() == 0 {
        connection.ping().await.map(|()| Vec::new())
    } else {
        insert(connection, batch).await
    };
    let refused = carried.map_err(|source| StoreError::Query {
        what: "shipping to Postgres",
        database: url.target(),
        source,
    })?;
    let shipped = batch.len().saturating_sub(refused.len()) as u64;
    Ok(Settlement { edge: batch.edge, shipped, refused })
}

/// Returns the rows that Postgres refused; the others arrived.
async fn insert(connection: &mut PgConnection, batch: &Batch) -> Result<Vec<Refusal>, sqlx::Error> {
    match insert_all(connection, batch).await {
        Ok(()) => Ok(Vec::new()),
        Err(Failure::Outage(source)) => Err(source),
        Err(Failure::Refused(_)) => insert_one_by_one(connection, batch).await,
    }
}

async fn insert_all(connection: &mut PgConnection, batch: &Batch) -> Result<(), Failure> {
    let mut transaction = connection.begin().await?;
    insert_streams(&mut transaction, &batch.streams).await?;
    insert_predictions(&mut transaction, &batch.predictions).await?;
    transaction.commit().await?;
    Ok(())
}

async fn insert_one_by_one(
    connection: &mut PgConnection,
    batch: &Batch,
) -> Result<Vec<Refusal>, sqlx::Error> {
    let mut refused = Vec::new();
    for row in &batch.streams {
        let outcome = insert_streams(connection, std::slice::from_ref(row)).await;
        refused.extend(refusal(Kind::Stream, &row.id, outcome)?);
    }
    for row in &batch.predictions {
        let outcome = insert_predictions(connection, std::slice::from_ref(row)).await;
        refused.extend(refusal(Kind::Prediction, &row.id, outcome)?);
    }
    Ok(refused)
}

fn refusal(kind: Kind, id: &str, outcome: Result<(), Failure>) -> Result<Option<Refusal>, sqlx::Error> {
    match outcome {
        Ok(()) => Ok(None),
        Err(Failure::Refused(error)) => Ok(Some(Refusal { kind, id: id.to_owned(), error })),
        Err(Failure::Outage(source)) => Err(source),
    }
}
