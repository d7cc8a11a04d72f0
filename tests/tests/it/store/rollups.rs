//! Rollups say what the rows say, however the rows came.

use super::bed::{folder, left_by_a_crash, open, ship};
use sqlx::{Connection, PgConnection};
use undertone_core::{PredictionId, Record, Recorder, Role, StreamId, UnixMicros};
use undertone_store::Journal;
use undertone_tests::{PrivatePostgres, answer};

/// Rollups as they follow from the rows, against those that were kept; both ways round.
const DIFFERENCE: &str = "with kept as (select level, bucket, tenant, model_name, model_version, arm, role, top, answers, abstained, confidence_micros, \
     speech_samples, queue_micros from rollups), \
     counted as (select level, date_trunc(level, created_at, 'UTC') as bucket, tenant, model_name, model_version, coalesce(arm, '') as arm, role, top, \
     count(*) as answers, count(*) filter (where abstained) as abstained, sum(round(confidence * 1000000)::bigint)::bigint as confidence_micros, \
     sum(end_samples - start_samples)::bigint as speech_samples, sum(queue_micros)::bigint as queue_micros \
     from predictions cross join (values ('minute'), ('hour'), ('day')) as levels (level) where is_final group by 1, 2, 3, 4, 5, 6, 7, 8) \
     select count(*) from ((table kept except table counted) union all (table counted except table kept)) as difference";
const BIN_DIFFERENCE: &str = "with kept as (select level, bucket, tenant, model_name, model_version, arm, role, measure, bin, answers from rollup_bins), \
     counted as (select level, date_trunc(level, created_at, 'UTC') as bucket, tenant, model_name, model_version, \
     coalesce(arm, '') as arm, role, measure, bin, count(*) as answers \
     from predictions cross join lateral (values ('confidence', least(19, floor(confidence * 20))::smallint), \
     ('queue', bin_of_micros(queue_micros)), ('features', bin_of_micros(features_micros)), ('inference', bin_of_micros(inference_micros)), \
     ('level', least(19, greatest(0, floor((level_dbfs::double precision + 80) / 4)))::smallint), ('snr', least(19, greatest(0, floor(snr_db::double precision / 3)))::smallint), \
     ('speech', least(19, floor(speech_share::double precision * 20))::smallint), ('f0', bin_of_f0(f0_hz))) as m (measure, bin) \
     cross join (values ('minute'), ('hour'), ('day')) as levels (level) where is_final and bin is not null \
     and (level <> 'minute' or measure in ('confidence', 'queue', 'features', 'inference')) group by 1, 2, 3, 4, 5, 6, 7, 8, 9) \
     select count(*) from ((table kept except table counted) union all (table counted except table kept)) as difference";

/// Answers of every kind over some days; the older ones come later.
pub(super) async fn record_many(journal: &Journal, streams: u32) {
    for number in 0..streams {
        let stream = StreamId::generate();
        let mut waiting = Vec::new();
        for utterance in 1..=10 {
            let mut answer = answer(stream, utterance);
            answer.prediction_id = PredictionId::of_final(stream, utterance);
            answer.created_at =
                UnixMicros(1_790_000_000_000_000 - i64::from(number * utterance) * 1_999_000_000);
            answer.top = ["calm", "happy", "sad"][(utterance % 3) as usize].to_owned();
            answer.confidence = utterance as f32 / 10.0;
            answer.abstained = utterance.is_multiple_of(4);
            answer.tenant = ["default", "acme", "beta"][(number % 3) as usize].to_owned();
            answer.is_final = utterance != 9;
            answer.role = if utterance == 7 { Role::Shadow } else { Role::Live };
            answer.arm = (utterance > 5).then(|| "b".to_owned());
            waiting.push(journal.record(Record::Utterance(answer)));
        }
        for record in waiting {
            record.await.unwrap();
        }
    }
}

pub(super) async fn assert_right(postgres: &PrivatePostgres) {
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    for statement in [DIFFERENCE, BIN_DIFFERENCE] {
        let difference: i64 = sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap();
        assert_eq!(difference, 0, "{statement}");
    }
}

#[tokio::test]
async fn rollups_stay_right_with_late_rows_and_rows_that_are_sent_again_by_two_servers() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    record_many(&journal, 30).await;
    // A copy that does not know what is shipped, as another server that answered the same.
    let left = left_by_a_crash(folder.path());
    let other = open(left.path()).await;
    let shippers = [ship(&journal, &postgres), ship(&other, &postgres)];
    record_many(&journal, 20).await;
    for shipper in shippers {
        shipper.stop().await;
    }
    assert_eq!(journal.status().borrow().pending_rows + other.status().borrow().pending_rows, 0);
    assert_right(&postgres).await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let counted: i64 = sqlx::query_scalar("select sum(answers)::bigint from rollups where level = 'day'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(counted, 50 * 9);
}
