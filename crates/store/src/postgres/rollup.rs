//! Keeps the rollups right. What is counted is added at the end of a transaction, so that rollups which many servers add to are
//! locked only for moments, and in the same order by all.

use super::counted::{Bucket, Counted, Facts, Group, Sums};
use crate::analytics::Measure;
use sqlx::PgConnection;

/// A row for each place of the arrays.
const ADD_TOPS: &str = "insert into rollups as known (level, bucket, tenant, model_name, model_version, arm, role, top, answers, \
     abstained, confidence_micros, speech_samples, queue_micros, features_micros, inference_micros) \
     select level, to_timestamp(at), tenant, model_name, model_version, arm, role, top, answers, abstained, \
     confidence_micros, speech_samples, queue_micros, features_micros, inference_micros \
     from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
     $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[]) \
     as own (level, at, tenant, model_name, model_version, arm, role, top, answers, abstained, confidence_micros, \
     speech_samples, queue_micros, features_micros, inference_micros) order by 1, 2, 3, 4, 5, 6, 7, 8 \
     on conflict (level, bucket, tenant, model_name, model_version, arm, role, top) do update set \
     answers = known.answers + excluded.answers, abstained = known.abstained + excluded.abstained, \
     confidence_micros = known.confidence_micros + excluded.confidence_micros, \
     speech_samples = known.speech_samples + excluded.speech_samples, \
     queue_micros = known.queue_micros + excluded.queue_micros, \
     features_micros = known.features_micros + excluded.features_micros, \
     inference_micros = known.inference_micros + excluded.inference_micros";
const ADD_BINS: &str = "insert into rollup_bins as known (level, measure, bucket, tenant, model_name, model_version, arm, role, \
     bin, answers) select level, measure, to_timestamp(at), tenant, model_name, model_version, arm, role, bin, answers \
     from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
     $9::smallint[], $10::bigint[]) as own (level, at, tenant, model_name, model_version, arm, role, measure, bin, answers) \
     order by 1, 2, 3, 4, 5, 6, 7, 8, 9 \
     on conflict (level, measure, bucket, tenant, model_name, model_version, arm, role, bin) do update set \
     answers = known.answers + excluded.answers";
const EMPTY: [&str; 2] =
    ["delete from rollups where answers = 0", "delete from rollup_bins where answers = 0"];

/// What lies in `incoming_predictions`, a page behind `$1`, by identifier.
const STAGED: &str = "select id::text, (extract(epoch from created_at) * 1000000)::bigint as created_at_micros, tenant, model_name, \
     model_version, coalesce(arm, '') as arm, role, top, abstained, confidence::double precision, \
     end_samples - start_samples as speech_samples, queue_micros, features_micros, inference_micros, \
     level_dbfs::double precision, snr_db::double precision, speech_share::double precision, f0_hz::double precision \
     from incoming_predictions where is_final and id > $1::uuid order by id limit $2";
/// Rows of a page.
const PAGE_ROWS: usize = 10_000;
/// Before every identifier.
const FIRST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Whether answers come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    TakenAway,
}

#[derive(sqlx::FromRow)]
struct StagedRow {
    id: String,
    created_at_micros: i64,
    tenant: String,
    model_name: String,
    model_version: String,
    arm: String,
    role: String,
    top: String,
    abstained: bool,
    confidence: f64,
    speech_samples: i64,
    queue_micros: i64,
    features_micros: i64,
    inference_micros: i64,
    level_dbfs: Option<f64>,
    snr_db: Option<f64>,
    speech_share: Option<f64>,
    f0_hz: Option<f64>,
}

impl StagedRow {
    fn facts(&self) -> Facts<'_> {
        Facts {
            created_at_micros: self.created_at_micros,
            group: Group {
                tenant: &self.tenant,
                model_name: &self.model_name,
                model_version: &self.model_version,
                arm: &self.arm,
                role: &self.role,
            },
            top: &self.top,
            abstained: self.abstained,
            confidence: self.confidence,
            speech_samples: self.speech_samples,
            times: [self.queue_micros, self.features_micros, self.inference_micros],
            heard: [self.level_dbfs, self.snr_db, self.speech_share, self.f0_hz],
        }
    }
}

/// Adds what was counted.
pub(super) async fn add(connection: &mut PgConnection, counted: &Counted<'_>) -> Result<(), sqlx::Error> {
    change(connection, counted, Change::Added).await
}

/// Counts and adds what lies in `incoming_predictions`.
pub(super) async fn add_staged(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    change_by_staged(connection, Change::Added).await
}

/// Takes what lies in `incoming_predictions` away again.
pub(super) async fn take_staged_away(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    change_by_staged(connection, Change::TakenAway).await?;
    for statement in EMPTY {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn change_by_staged(connection: &mut PgConnection, change_: Change) -> Result<(), sqlx::Error> {
    let mut after = FIRST_ID.to_owned();
    loop {
        let page = sqlx::query_as(STAGED).bind(&after).bind(PAGE_ROWS as i64);
        let rows: Vec<StagedRow> = page.fetch_all(&mut *connection).await?;
        change(connection, &Counted::of(rows.iter().map(StagedRow::facts)), change_).await?;
        match rows.into_iter().nth(PAGE_ROWS - 1) {
            Some(last) => after = last.id,
            None => return Ok(()),
        }
    }
}

async fn change(
    connection: &mut PgConnection,
    counted: &Counted<'_>,
    change: Change,
) -> Result<(), sqlx::Error> {
    let sign = if change == Change::Added { 1 } else { -1 };
    change_tops(connection, counted, sign).await?;
    change_bins(connection, counted, sign).await
}

async fn change_tops(
    connection: &mut PgConnection,
    counted: &Counted<'_>,
    sign: i64,
) -> Result<(), sqlx::Error> {
    if counted.tops.is_empty() {
        return Ok(());
    }
    let keys = Keys::of(counted.tops.keys().map(|(bucket, group, _)| (bucket, group)));
    let tops: Vec<&str> = counted.tops.keys().map(|(_, _, top)| *top).collect();
    let figure =
        |of: fn(&Sums) -> i64| counted.tops.values().map(|sums| sign * of(sums)).collect::<Vec<i64>>();
    sqlx::query(ADD_TOPS)
        .bind(keys.levels)
        .bind(keys.seconds)
        .bind(keys.tenants)
        .bind(keys.model_names)
        .bind(keys.model_versions)
        .bind(keys.arms)
        .bind(keys.roles)
        .bind(tops)
        .bind(figure(|sums| sums.answers))
        .bind(figure(|sums| sums.abstained))
        .bind(figure(|sums| sums.confidence_micros))
        .bind(figure(|sums| sums.speech_samples))
        .bind(figure(|sums| sums.times[0]))
        .bind(figure(|sums| sums.times[1]))
        .bind(figure(|sums| sums.times[2]))
        .execute(connection)
        .await
        .map(drop)
}

async fn change_bins(
    connection: &mut PgConnection,
    counted: &Counted<'_>,
    sign: i64,
) -> Result<(), sqlx::Error> {
    if counted.bins.is_empty() {
        return Ok(());
    }
    let keys = Keys::of(counted.bins.keys().map(|(bucket, _, group, _)| (bucket, group)));
    let measures: Vec<&str> = counted.bins.keys().map(|(_, place, ..)| Measure::ALL[*place].name()).collect();
    let bins: Vec<i16> = counted.bins.keys().map(|(.., bin)| *bin).collect();
    let answers: Vec<i64> = counted.bins.values().map(|answers| sign * answers).collect();
    sqlx::query(ADD_BINS)
        .bind(keys.levels)
        .bind(keys.seconds)
        .bind(keys.tenants)
        .bind(keys.model_names)
        .bind(keys.model_versions)
        .bind(keys.arms)
        .bind(keys.roles)
        .bind(measures)
        .bind(bins)
        .bind(answers)
        .execute(connection)
        .await
        .map(drop)
}

/// Buckets and groups as columns.
#[derive(Default)]
struct Keys<'r> {
    levels: Vec<&'static str>,
    seconds: Vec<i64>,
    tenants: Vec<&'r str>,
    model_names: Vec<&'r str>,
    model_versions: Vec<&'r str>,
    arms: Vec<&'r str>,
    roles: Vec<&'r str>,
}

impl<'r> Keys<'r> {
    fn of<'c>(keys: impl Iterator<Item = (&'c Bucket, &'c Group<'r>)>) -> Self
    where
        'r: 'c,
    {
        let mut columns = Self::default();
        for (bucket, group) in keys {
            columns.levels.push(bucket.level);
            columns.seconds.push(bucket.seconds);
            columns.tenants.push(group.tenant);
            columns.model_names.push(group.model_name);
            columns.model_versions.push(group.model_version);
            columns.arms.push(group.arm);
            columns.roles.push(group.role);
        }
        columns
    }
}
