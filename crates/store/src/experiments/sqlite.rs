//! Experiments in the journal's file.

use super::evidence::{AnswerColumns, Reading};
use super::row::{ChangeColumns, ExperimentColumns, ExposureColumns, ExposureCount};
use super::{ExperimentKey, ExperimentRow, Reason};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

const LIST: &str = "select * from experiments order by tenant, name";
const HISTORY: &str = "select revision, at_micros, who, what, why, state, definition from experiment_changes \
     where tenant = ? and experiment = ? order by revision";
const INSERT: &str = "insert into experiments (name, revision, state, layer, unit, definition, progress, \
     updated_at_micros, tenant) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant, name) do nothing";
const UPDATE: &str = "update experiments set revision = ?2, state = ?3, layer = ?4, unit = ?5, definition = ?6, \
     progress = ?7, updated_at_micros = ?8 where name = ?1 and revision = ?2 - 1 and tenant = ?9";
const COPY: &str = "insert or replace into experiments (name, revision, state, layer, unit, definition, progress, \
     updated_at_micros, tenant) values (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const CHANGE: &str = "insert into experiment_changes (experiment, revision, at_micros, who, what, why, state, \
     definition, progress, tenant) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const EXPOSE: &str = "insert into exposures (experiment, unit, origin, arm, share, stream_id, at_micros, tenant, \
     revision) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant, experiment, unit, origin) do nothing";
const UNSHIPPED: &str = "select tenant, experiment, unit, origin, arm, share, stream_id, at_micros, revision from exposures \
     where shipped = 0 order by at_micros limit ?";
const SHIPPED: &str = "update exposures set shipped = 1 where experiment = ? and unit = ? and origin = ? \
     and tenant = ?";
const EXPOSURES: &str = "select tenant, experiment, unit, origin, arm, share, stream_id, at_micros, revision from exposures \
     where tenant = ? and experiment = ? order by at_micros, unit limit ?";
/// The period is the number of beginnings that are not behind the exposure.
const COUNTS: &str = "select period, revision, arm, origin, share, count(*) as units from (select revision, arm, origin, share, \
     (select count(*) from json_each(?3) begun where begun.value <= at_micros) as period from exposures \
     where tenant = ?1 and experiment = ?2) group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5";
const ANSWERS: &str = "select p.id, p.stream_id, p.utterance, p.created_at_micros, s.opened_at_micros, p.arm, p.role, \
     p.model_name || '@' || p.model_version as model, p.start_samples, \
     p.end_samples, p.labels, s.labels as stream_labels, p.queue_micros, p.probabilities, p.top, p.confidence, p.abstained, \
     p.queue_micros + p.features_micros + p.inference_micros as answer_micros, \
     p.features_micros + p.inference_micros as work_micros, coalesce(s.subject_key, p.stream_id) as subject \
     from predictions p join streams s on s.id = p.stream_id and s.tenant = ? \
     where p.arm >= ? and p.arm < ? and p.is_final";
const OLDEST: &str = "order by p.created_at_micros, p.id limit ?";
const NEWEST: &str = "order by p.created_at_micros desc, p.id desc limit ?";
const BETWEEN: &str =
    "and p.created_at_micros >= ? and p.created_at_micros < ? order by p.created_at_micros, p.id limit ?";
const ALL_ANSWERS: &str = "select count(*) from predictions p join streams s on s.id = p.stream_id and s.tenant = ? \
     where p.arm >= ? and p.arm < ? and p.is_final";

pub(super) async fn list(pool: &SqlitePool) -> Result<Vec<ExperimentColumns>, sqlx::Error> {
    sqlx::query_as(LIST).fetch_all(pool).await
}

pub(super) async fn history(
    pool: &SqlitePool,
    key: ExperimentKey<'_>,
) -> Result<Vec<ChangeColumns>, sqlx::Error> {
    sqlx::query_as(HISTORY).bind(key.tenant).bind(key.name).fetch_all(pool).await
}

/// False when the revision before it is not the newest.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    row: &ExperimentRow,
    reason: &Reason,
) -> Result<bool, sqlx::Error> {
    let statement = if row.revision == 1 { INSERT } else { UPDATE };
    if !write(connection, statement, row).await? {
        return Ok(false);
    }
    sqlx::query(CHANGE)
        .bind(&row.name)
        .bind(row.revision.cast_signed())
        .bind(row.updated_at.0)
        .bind(&reason.who)
        .bind(&reason.what)
        .bind(&reason.why)
        .bind(&row.state)
        .bind(Json(&row.definition))
        .bind(Json(&row.progress))
        .bind(&row.tenant)
        .execute(connection)
        .await?;
    Ok(true)
}

/// Takes what Postgres holds in place of what is here.
pub(super) async fn copy(
    connection: &mut SqliteConnection,
    rows: &[ExperimentRow],
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from experiments").execute(&mut *connection).await?;
    for row in rows {
        write(connection, COPY, row).await?;
    }
    Ok(())
}

async fn write(
    connection: &mut SqliteConnection,
    statement: &'static str,
    row: &ExperimentRow,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(statement)
        .bind(&row.name)
        .bind(row.revision.cast_signed())
        .bind(&row.state)
        .bind(&row.layer)
        .bind(&row.unit)
        .bind(Json(&row.definition))
        .bind(Json(&row.progress))
        .bind(row.updated_at.0)
        .bind(&row.tenant)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// True when the unit was not exposed before.
pub(super) async fn expose(
    connection: &mut SqliteConnection,
    row: &ExposureColumns,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(EXPOSE)
        .bind(&row.experiment)
        .bind(&row.unit)
        .bind(&row.origin)
        .bind(&row.arm)
        .bind(row.share)
        .bind(&row.stream_id)
        .bind(row.at_micros)
        .bind(&row.tenant)
        .bind(row.revision)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn unshipped(pool: &SqlitePool, limit: u32) -> Result<Vec<ExposureColumns>, sqlx::Error> {
    sqlx::query_as(UNSHIPPED).bind(limit).fetch_all(pool).await
}

pub(super) async fn mark_shipped(
    connection: &mut SqliteConnection,
    rows: &[ExposureColumns],
) -> Result<(), sqlx::Error> {
    for row in rows {
        let update = sqlx::query(SHIPPED).bind(&row.experiment).bind(&row.unit).bind(&row.origin);
        update.bind(&row.tenant).execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn exposures(
    pool: &SqlitePool,
    key: ExperimentKey<'_>,
    limit: u32,
) -> Result<Vec<ExposureColumns>, sqlx::Error> {
    sqlx::query_as(EXPOSURES).bind(key.tenant).bind(key.name).bind(limit).fetch_all(pool).await
}

pub(super) async fn exposure_counts(
    pool: &SqlitePool,
    key: ExperimentKey<'_>,
    begun_micros: &[i64],
) -> Result<Vec<ExposureCount>, sqlx::Error> {
    sqlx::query_as(COUNTS).bind(key.tenant).bind(key.name).bind(Json(begun_micros)).fetch_all(pool).await
}

/// In the order of `first`.
pub(super) async fn answers(
    pool: &SqlitePool,
    (tenant, [from, behind]): (&str, [&str; 2]),
    (first, limit): (Reading, u32),
) -> Result<Vec<AnswerColumns>, sqlx::Error> {
    let order = match first {
        Reading::Oldest => OLDEST,
        Reading::Newest => NEWEST,
        Reading::Between(..) => BETWEEN,
    };
    let statement = AssertSqlSafe(format!("{ANSWERS} {order}"));
    let mut asked = sqlx::query_as(statement).bind(tenant).bind(from).bind(behind);
    if let Reading::Between(since, until) = first {
        asked = asked.bind(since.0).bind(until.0);
    }
    asked.bind(limit).fetch_all(pool).await
}

pub(super) async fn count_answers(
    pool: &SqlitePool,
    (tenant, [from, behind]): (&str, [&str; 2]),
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(ALL_ANSWERS).bind(tenant).bind(from).bind(behind).fetch_one(pool).await
}
