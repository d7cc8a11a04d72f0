//! Partitions: made ahead, and for rows that are late; dropped by age.

use crate::columns::{PredictionColumns, StreamColumns};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;
use std::time::Duration;
use undertone_core::UnixMicros;

pub(crate) const TABLES: [&str; 2] = ["streams", "predictions"];
/// A partition is made for rows that are so late; older ones, and those of the future, are the work of a wrong clock and
/// lie in the default partition.
const LATEST: Duration = Duration::from_secs(400 * 86_400);

const MAKE: &str =
    "select make_partition($1, to_timestamp($2::double precision / 1000000), make_interval(secs => $3))";
// Who waits for readers here holds up every server that writes.
const PATIENCE: &str = "set local lock_timeout = '10s'";
const EXPIRED: &str = "select name, to_time::text from partitions where parent = $1 \
     and to_time <= to_timestamp($2::double precision / 1000000) order by from_time";
const THEIR_TIME: &str = "select (extract(epoch from now()) * 1000000)::bigint";
const FORGET: &str = "delete from partitions where name = $1";
const OLD_MINUTES: [&str; 2] = [
    "delete from rollups where level = 'minute' and bucket < to_timestamp($1::double precision / 1000000)",
    "delete from rollup_bins where level = 'minute' and bucket < to_timestamp($1::double precision / 1000000)",
];

/// What hangs on streams and predictions goes no later than they do, since an erasure finds it through them. What was said of
/// something with an impossible identifier goes by the time at which it came.
const HANGING: [&str; 4] = [
    "delete from feedback where received_at < to_timestamp($1::double precision / 1000000)",
    "delete from feedback where prediction_id < first_id_at(to_timestamp($1::double precision / 1000000))",
    "delete from feedback where stream_id < first_id_at(to_timestamp($1::double precision / 1000000))",
    "delete from refused_streams where id < first_id_at(to_timestamp($1::double precision / 1000000))",
];
/// As long as an experiment may get units, those that it had count once.
const OLD_EXPOSURES: &str = "delete from exposures x where at < to_timestamp($1::double precision / 1000000) \
     and not exists (select from experiments e where e.tenant = x.tenant and e.name = x.experiment \
     and e.state in ('draft', 'running', 'paused'))";

/// How rows are kept in Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// How much time a new partition covers.
    pub width: Duration,
    /// How long before their time partitions are made.
    pub ahead: Duration,
    /// Partitions whose time is longer ago are dropped; none: they are kept.
    pub retention: Option<Duration>,
    /// Rollups by the minute are kept so long; those by the hour and the day for ever. None: for ever too.
    pub minutes: Option<Duration>,
}

impl Default for Keeping {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            width: Duration::from_secs(DAY),
            ahead: Duration::from_secs(3 * DAY),
            retention: None,
            minutes: Some(Duration::from_secs(30 * DAY)),
        }
    }
}

/// What was dropped because it was old.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Partitions, with the time at which each ended.
    pub partitions: Vec<String>,
    /// Rows of the default partitions.
    pub rows: u64,
    /// Judgements and notes about refused streams that hung on dropped rows, and exposures to experiments that are over.
    pub beside: u64,
    /// Rows of the rollups by the minute.
    pub rollups: u64,
}

impl Pruned {
    /// Whether nothing was old enough.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Makes the partitions of now and of the time ahead.
pub(crate) async fn make_ahead(
    connection: &mut PgConnection,
    keeping: &Keeping,
    now: UnixMicros,
) -> Result<(), sqlx::Error> {
    let width = micros(keeping.width).max(1);
    let steps = micros(keeping.ahead) / width + 1;
    for step in 0..=steps {
        let at = now.0.saturating_add(step.saturating_mul(width));
        make_both(connection, keeping, at).await?;
    }
    Ok(())
}

/// Makes the partitions that rows need, beside those in `known`, which it adds to.
pub(crate) async fn make_for(
    connection: &mut PgConnection,
    keeping: &Keeping,
    now: UnixMicros,
    (known, streams, predictions): (&mut HashSet<i64>, &[StreamColumns], &[PredictionColumns]),
) -> Result<(), sqlx::Error> {
    let width = micros(keeping.width).max(1);
    let plausible = (now.0 - micros(LATEST))..(now.0.saturating_add(micros(keeping.ahead)));
    let ids = streams.iter().map(|row| &row.id).chain(predictions.iter().map(|row| &row.id));
    let times = ids.filter_map(|id| micros_in(id)).filter(|at| plausible.contains(at));
    let mut missing: Vec<i64> =
        times.map(|at| at.div_euclid(width)).filter(|own| !known.contains(own)).collect();
    missing.sort_unstable();
    missing.dedup();
    for period in missing {
        make_both(connection, keeping, period * width).await?;
        known.insert(period);
    }
    Ok(())
}

/// Drops what is older than `keeping` says, by this machine's clock and by Postgres's: if one of them is wrong and runs ahead,
/// nothing goes too early. What it drops is noted in `pruned`, also where it fails amid that.
pub(crate) async fn prune(
    connection: &mut PgConnection,
    keeping: &Keeping,
    now: UnixMicros,
    pruned: &mut Pruned,
) -> Result<(), sqlx::Error> {
    let theirs: i64 = sqlx::query_scalar(THEIR_TIME).fetch_one(&mut *connection).await?;
    let now = now.min(UnixMicros(theirs));
    if let Some(retention) = keeping.retention {
        let before = now.0.saturating_sub(micros(retention));
        for statement in HANGING.into_iter().chain([OLD_EXPOSURES]) {
            pruned.beside += delete_before(connection, statement, before).await?;
        }
        for table in TABLES {
            let expired: Vec<(String, String)> =
                sqlx::query_as(EXPIRED).bind(table).bind(before).fetch_all(&mut *connection).await?;
            for (name, until) in expired {
                drop_partition(connection, &name).await?;
                pruned.partitions.push(format!("{name} (until {until})"));
            }
            pruned.rows += forget_strays(connection, table, before).await?;
        }
    }
    if let Some(minutes) = keeping.minutes {
        let before = now.0.saturating_sub(micros(minutes));
        for statement in OLD_MINUTES {
            pruned.rollups += delete_before(connection, statement, before).await?;
        }
    }
    Ok(())
}

async fn delete_before(
    connection: &mut PgConnection,
    statement: &'static str,
    before: i64,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query(statement).bind(before).execute(connection).await?.rows_affected())
}

async fn make_both(connection: &mut PgConnection, keeping: &Keeping, at: i64) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query(PATIENCE).execute(&mut *transaction).await?;
    for table in TABLES {
        sqlx::query(MAKE)
            .bind(table)
            .bind(at)
            .bind(keeping.width.as_secs_f64())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

async fn drop_partition(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query(PATIENCE).execute(&mut *transaction).await?;
    // The name is one that `make_partition` made, of a table's name and digits.
    sqlx::query(sqlx::AssertSqlSafe(format!("drop table if exists \"{name}\"")))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(FORGET).bind(name).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Rows with an impossible time go by the same rule.
async fn forget_strays(connection: &mut PgConnection, table: &str, before: i64) -> Result<u64, sqlx::Error> {
    let statement = format!(
        "delete from {table}_default where id < first_id_at(to_timestamp($1::double precision / 1000000))"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(before).execute(connection).await?;
    Ok(done.rows_affected())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The time in a UUIDv7, microseconds since 1970.
fn micros_in(id: &str) -> Option<i64> {
    let millis = uuid::Uuid::parse_str(id).ok()?.as_u128() >> 80;
    Some((millis as i64).saturating_mul(1_000))
}
