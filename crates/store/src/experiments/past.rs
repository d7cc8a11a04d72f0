//! What was known of subjects before an experiment had them.

use super::ExperimentKey;
use sqlx::{PgPool, SqlitePool};

/// A unit's live final answers before its exposure. An exposure is noted when its answer is there, so that answer and others of
/// the experiment itself are left out: they may depend on the arm. Feedback about intervals is left out, and so is what was
/// said of an answer before the last.
const IN_POSTGRES: &str = "select e.unit, count(*) as answers, avg(p.confidence::double precision) as confidence, \
     count(f.correct) as judged, count(*) filter (where f.correct) as right_ones \
     from exposures e join streams s on s.tenant = e.tenant and s.subject_key = e.unit \
     join predictions p on p.stream_id = s.id and p.is_final and p.role = 'live' and p.created_at < e.at \
     and s.id <> e.stream_id and substr(coalesce(p.arm, ''), 1, length(e.experiment) + 1) <> e.experiment || '/' \
     left join lateral (select coalesce(own.correct, own.label = p.top) and not p.abstained as correct from feedback own \
     where own.prediction_id = p.id and own.tenant = e.tenant \
     order by own.said_at desc, own.received_at desc, own.id desc limit 1) f on true \
     where e.tenant = $1 and e.experiment = $2 and e.origin = 'drawn' group by e.unit order by e.unit collate \"C\"";
const IN_JOURNAL: &str = "select unit, count(*) as answers, avg(confidence) as confidence, count(correct) as judged, \
     coalesce(sum(correct), 0) as right_ones from (select e.unit, p.confidence, \
     (select coalesce(own.correct, own.label = p.top) and not p.abstained from feedback own \
     where own.prediction_id = p.id and own.tenant = e.tenant \
     order by own.said_at_micros desc, own.received_at_micros desc, own.id desc limit 1) as correct \
     from exposures e join streams s on s.tenant = e.tenant and s.subject_key = e.unit \
     join predictions p on p.stream_id = s.id and p.is_final and p.role = 'live' and p.created_at_micros < e.at_micros \
     and s.id <> e.stream_id and substr(coalesce(p.arm, ''), 1, length(e.experiment) + 1) <> e.experiment || '/' \
     where e.tenant = ? and e.experiment = ? and e.origin = 'drawn') group by unit order by unit";

/// What was known of a unit before an experiment had it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Past {
    /// The unit, as in its exposure.
    pub unit: String,
    /// Its live final answers until then, of whatever model.
    pub answers: i64,
    /// Their mean confidence, 0 to 1.
    pub confidence: f64,
    /// How many of them somebody judged by their identifier.
    pub judged: i64,
    /// How many of these were right.
    pub right_ones: i64,
}

pub(super) async fn in_postgres(pool: &PgPool, key: ExperimentKey<'_>) -> Result<Vec<Past>, sqlx::Error> {
    sqlx::query_as(IN_POSTGRES).bind(key.tenant).bind(key.name).fetch_all(pool).await
}

pub(super) async fn in_journal(pool: &SqlitePool, key: ExperimentKey<'_>) -> Result<Vec<Past>, sqlx::Error> {
    sqlx::query_as(IN_JOURNAL).bind(key.tenant).bind(key.name).fetch_all(pool).await
}
