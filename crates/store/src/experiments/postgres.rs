//! Experiments in Postgres, which servers share.

use super::evidence::{AnswerColumns, Reading};
use super::row::{ChangeColumns, ExperimentColumns, ExposureColumns, ExposureCount};
use super::{ExperimentKey, ExperimentRow, Reason};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

const LIST: &str = "select tenant, name, revision, state, layer, unit, definition, progress, \
     (extract(epoch from updated_at) * 1000000)::bigint as updated_at_micros from experiments \
     order by tenant collate \"C\", name collate \"C\"";
const HISTORY: &str = "select revision, (extract(epoch from at) * 1000000)::bigint as at_micros, who, what, why, \
     state, definition from experiment_changes where experiment = $1 and tenant = $2 order by revision";
const INSERT: &str = "insert into experiments (name, revision, state, layer, unit, definition, progress, updated_at, tenant) \
     values ($1, $2, $3, $4, $5, $6, $7, timestamptz 'epoch' + $8::bigint * interval '1 microsecond', $9) \
     on conflict (tenant, name) do nothing";
const UPDATE: &str = "update experiments set revision = $2, state = $3, layer = $4, unit = $5, definition = $6, \
     progress = $7, updated_at = timestamptz 'epoch' + $8::bigint * interval '1 microsecond' \
     where name = $1 and revision = $2 - 1 and tenant = $9";
const CHANGE: &str = "insert into experiment_changes (experiment, revision, at, who, what, why, state, definition, \
     progress, tenant) values ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4, $5, $6, $7, $8, \
     $9, $10)";
/// Of a unit that several servers heard the first one counts, whoever tells of it first.
const EXPOSE: &str = "insert into exposures as own (tenant, experiment, unit, origin, arm, share, stream_id, \
     revision, at) select tenant, experiment, unit, origin, arm, share, stream_id, revision, \
     timestamptz 'epoch' + at_micros * interval '1 microsecond' \
     from jsonb_to_recordset($1) as row (tenant text, experiment text, unit text, origin text, arm text, \
     share double precision, stream_id uuid, revision bigint, at_micros bigint) \
     on conflict (tenant, experiment, unit, origin) do update set arm = excluded.arm, share = excluded.share, \
     stream_id = excluded.stream_id, revision = excluded.revision, at = excluded.at where excluded.at < own.at";
const EXPOSURES: &str = "select tenant, experiment, unit, origin, arm, share, stream_id::text, revision, \
     (extract(epoch from at) * 1000000)::bigint as at_micros from exposures \
     where experiment = $1 and tenant = $3 order by at, unit collate \"C\" limit $2";
/// The period is the number of beginnings that are not behind the exposure.
const COUNTS: &str = "select width_bucket((extract(epoch from at) * 1000000)::bigint, $2::bigint[])::bigint as period, \
     revision, arm, origin, share, count(*) as units from exposures where experiment = $1 and tenant = $3 \
     group by 1, revision, arm, origin, share order by 1, revision, arm collate \"C\", origin, share";
const ANSWERS: &str = "select p.id::text, p.stream_id::text, p.utterance, \
     (extract(epoch from p.created_at) * 1000000)::bigint as created_at_micros, \
     (extract(epoch from s.opened_at) * 1000000)::bigint as opened_at_micros, p.arm, p.role, \
     p.model_name || '@' || p.model_version as model, p.start_samples, \
     p.end_samples, to_jsonb(p.labels) as labels, to_jsonb(p.probabilities) as probabilities, s.labels as stream_labels, p.queue_micros, p.top, \
     p.confidence::double precision, p.abstained, \
     p.queue_micros + p.features_micros + p.inference_micros as answer_micros, \
     p.features_micros + p.inference_micros as work_micros, coalesce(s.subject_key, p.stream_id::text) as subject \
     from predictions p join streams s on s.id = p.stream_id and s.tenant = $4 \
     where p.tenant = $4 and p.arm is not null and p.arm collate \"C\" >= $1 and p.arm collate \"C\" < $2 and p.is_final";
const OLDEST: &str = "order by p.created_at, p.id limit $3";
const BETWEEN: &str = "and p.created_at >= timestamptz 'epoch' + $5::bigint * interval '1 microsecond' \
     and p.created_at < timestamptz 'epoch' + $6::bigint * interval '1 microsecond' order by p.created_at, p.id limit $3";
const NEWEST: &str = "order by p.created_at desc, p.id desc limit $3";
const ALL_ANSWERS: &str = "select count(*) from predictions p join streams s on s.id = p.stream_id and s.tenant = $3 \
     where p.tenant = $3 and p.arm is not null and p.arm collate \"C\" >= $1 and p.arm collate \"C\" < $2 and p.is_final";

pub(super) async fn list(pool: &PgPool) -> Result<Vec<ExperimentColumns>, sqlx::Error> {
    sqlx::query_as(LIST).fetch_all(pool).await
}

pub(super) async fn history(
    pool: &PgPool,
    key: ExperimentKey<'_>,
) -> Result<Vec<ChangeColumns>, sqlx::Error> {
    sqlx::query_as(HISTORY).bind(key.name).bind(key.tenant).fetch_all(pool).await
}

/// False when the revision before it is not the newest.
pub(super) async fn put(
    connection: &mut PgConnection,
    row: &ExperimentRow,
    reason: &Reason,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query(if row.revision == 1 { INSERT } else { UPDATE })
        .bind(&row.name)
        .bind(row.revision.cast_signed())
        .bind(&row.state)
        .bind(&row.layer)
        .bind(&row.unit)
        .bind(Json(&row.definition))
        .bind(Json(&row.progress))
        .bind(row.updated_at.0)
        .bind(&row.tenant)
        .execute(&mut *connection)
        .await?;
    if written.rows_affected() == 0 {
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

/// Inserts those whose unit was not exposed before.
pub(super) async fn expose(
    connection: &mut PgConnection,
    rows: &[ExposureColumns],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(EXPOSE).bind(Json(rows)).execute(connection).await.map(drop)
}

pub(super) async fn exposures(
    pool: &PgPool,
    key: ExperimentKey<'_>,
    limit: u32,
) -> Result<Vec<ExposureColumns>, sqlx::Error> {
    sqlx::query_as(EXPOSURES).bind(key.name).bind(i64::from(limit)).bind(key.tenant).fetch_all(pool).await
}

pub(super) async fn exposure_counts(
    pool: &PgPool,
    key: ExperimentKey<'_>,
    begun_micros: &[i64],
) -> Result<Vec<ExposureCount>, sqlx::Error> {
    sqlx::query_as(COUNTS).bind(key.name).bind(begun_micros).bind(key.tenant).fetch_all(pool).await
}

/// In the order of `first`.
pub(super) async fn answers(
    pool: &PgPool,
    (tenant, [from, behind]): (&str, [&str; 2]),
    (first, limit): (Reading, u32),
) -> Result<Vec<AnswerColumns>, sqlx::Error> {
    let order = match first {
        Reading::Oldest => OLDEST,
        Reading::Newest => NEWEST,
        Reading::Between(..) => BETWEEN,
    };
    let statement = AssertSqlSafe(format!("{ANSWERS} {order}"));
    let mut asked = sqlx::query_as(statement).bind(from).bind(behind).bind(i64::from(limit)).bind(tenant);
    if let Reading::Between(since, until) = first {
        asked = asked.bind(since.0).bind(until.0);
    }
    asked.fetch_all(pool).await
}

pub(super) async fn count_answers(
    pool: &PgPool,
    (tenant, [from, behind]): (&str, [&str; 2]),
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(ALL_ANSWERS).bind(from).bind(behind).bind(tenant).fetch_one(pool).await
}
