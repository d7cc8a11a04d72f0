//! Keeps the rollups right, from the rows that lie in `incoming_predictions`. They are added at the end of a transaction, so
//! that rollups which many servers add to are locked only for moments, and in the same order by all.

use sqlx::PgConnection;

/// `$1` is 1 to add and -1 to take away.
const ADD_TOPS: &str = "with minutes as (select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00') as minute, tenant, \
     model_name, model_version, coalesce(arm, '') as arm, role, top, \
     $1 * count(*) as answers, $1 * count(*) filter (where abstained) as abstained, \
     $1 * sum(round(confidence * 1000000)::bigint) as confidence_micros, \
     $1 * sum(end_samples - start_samples) as speech_samples, $1 * sum(queue_micros) as queue_micros, \
     $1 * sum(features_micros) as features_micros, $1 * sum(inference_micros) as inference_micros \
     from incoming_predictions where is_final group by 1, 2, 3, 4, 5, 6, 7) \
     insert into rollups as known (level, bucket, tenant, model_name, model_version, arm, role, top, answers, abstained, \
     confidence_micros, speech_samples, queue_micros, features_micros, inference_micros) \
     select level, date_bin(width, minute, timestamptz '1970-01-01 00:00:00+00'), tenant, \
     model_name, model_version, arm, role, top, sum(answers), sum(abstained), sum(confidence_micros), \
     sum(speech_samples), sum(queue_micros), sum(features_micros), sum(inference_micros) \
     from minutes cross join (values ('minute', interval '1 minute'), ('hour', interval '1 hour'), \
     ('day', interval '1 day')) as levels (level, width) group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 2, 3, 4, 5, 6, 7, 8 \
     on conflict (level, bucket, tenant, model_name, model_version, arm, role, top) do update set \
     answers = known.answers + excluded.answers, abstained = known.abstained + excluded.abstained, \
     confidence_micros = known.confidence_micros + excluded.confidence_micros, \
     speech_samples = known.speech_samples + excluded.speech_samples, \
     queue_micros = known.queue_micros + excluded.queue_micros, \
     features_micros = known.features_micros + excluded.features_micros, \
     inference_micros = known.inference_micros + excluded.inference_micros";

// All four bins of a row are counted together first: there are far fewer such combinations than rows.
const ADD_BINS: &str = "with joint as (select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00') as minute, tenant, \
     model_name, model_version, coalesce(arm, '') as arm, role, bin_of_confidence(confidence) as confidence, \
     bin_of_micros(queue_micros) as queue, bin_of_micros(features_micros) as features, \
     bin_of_micros(inference_micros) as inference, count(*) as answers \
     from incoming_predictions where is_final group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), \
     bins as (select minute, tenant, model_name, model_version, arm, role, measure, bin, $1 * sum(answers) as answers \
     from joint cross join lateral (values ('confidence', confidence), ('queue', queue), ('features', features), \
     ('inference', inference)) as measures (measure, bin) group by 1, 2, 3, 4, 5, 6, 7, 8 \
     union all select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00'), tenant, model_name, model_version, \
     coalesce(arm, ''), role, measure, bin, $1 * count(*) from incoming_predictions \
     cross join lateral (values ('level', bin_of_level(level_dbfs)), ('snr', bin_of_snr(snr_db)), \
     ('speech', bin_of_share(speech_share)), ('f0', bin_of_f0(f0_hz))) as measures (measure, bin) \
     where is_final and bin is not null group by 1, 2, 3, 4, 5, 6, 7, 8) \
     insert into rollup_bins as known (level, measure, bucket, tenant, model_name, model_version, arm, role, bin, answers) \
     select level, measure, date_bin(width, minute, timestamptz '1970-01-01 00:00:00+00'), \
     tenant, model_name, model_version, arm, role, bin, sum(answers) \
     from bins cross join (values ('minute', interval '1 minute'), ('hour', interval '1 hour'), \
     ('day', interval '1 day')) as levels (level, width) \
     where level <> 'minute' or measure in ('confidence', 'queue', 'features', 'inference') group by 1, 2, 3, 4, 5, 6, 7, 8, 9 \
     order by 1, 2, 3, 4, 5, 6, 7, 8, 9 \
     on conflict (level, measure, bucket, tenant, model_name, model_version, arm, role, bin) do update set \
     answers = known.answers + excluded.answers";

const EMPTY: [&str; 2] =
    ["delete from rollups where answers = 0", "delete from rollup_bins where answers = 0"];

/// Adds what lies in `incoming_predictions`.
pub(super) async fn add(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for statement in [ADD_TOPS, ADD_BINS] {
        sqlx::query(statement).bind(1_i64).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Takes what lies in `incoming_predictions` away again.
pub(super) async fn take_away(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for statement in [ADD_TOPS, ADD_BINS] {
        sqlx::query(statement).bind(-1_i64).execute(&mut *connection).await?;
    }
    for statement in EMPTY {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}
