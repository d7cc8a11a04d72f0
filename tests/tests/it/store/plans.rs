//! No question of analytics and no panel reads answers from end to end.

use super::analytics::questions;
use super::bed::{folder, open, url};
use undertone_core::{Clock, SystemClock, UnixMicros};
use undertone_store::{Analytics, AnalyticsFilter, AnalyticsLimits, ExperimentStore};
use undertone_tests::{HISTORY_EXPERIMENT, History, Planned, PrivatePostgres, board};

/// As many answers as a planner takes seriously.
const ANSWERS: u64 = 60_000;
const DAYS: u32 = 2;
const HOUR: i64 = 3_600_000_000;

#[tokio::test]
async fn no_question_and_no_panel_reads_answers_from_end_to_end() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let _journal = open(folder.path()).await;
    let experiments = ExperimentStore::open(folder.path(), Some(url(&postgres))).await.unwrap();
    let history = History { answers: ANSWERS, days: DAYS, until: SystemClock.now() };
    history.load(&url(&postgres), &experiments, |_| {}).await.unwrap();
    let mut planned = Planned::connect(&postgres).await.unwrap();
    planned.settle().await.unwrap();
    let limits = AnalyticsLimits { rows: 1_000, lookups: 200, ..AnalyticsLimits::default() };
    let store = Analytics::of_postgres(&url(&postgres), limits);
    for mut query in questions() {
        (query.from, query.to) = (UnixMicros(history.until.0 - HOUR), history.until);
        if query.filter.subject.is_some() {
            query.filter.subject = Some(History::subject());
        }
        for plan in store.plans(&query).await.unwrap() {
            assert!(!plan.contains("Seq Scan on rollup"), "{plan}");
            assert!(plan.contains("Index"), "{plan}");
            let whole = planned.read_whole(&plan).await.unwrap();
            assert!(whole.is_empty(), "{whole:?} in {plan}");
        }
    }
    assert_tenants_read_their_own_keys(&store, history.until).await;
    let queries = board::queries().unwrap();
    for query in queries.iter().filter(|query| query.source.contains("postgresql")) {
        let plan = planned.plan(&board::filled_in(&query.text, 3_600, HISTORY_EXPERIMENT)).await.unwrap();
        let whole = planned.read_whole(&plan).await.unwrap();
        assert!(whole.is_empty(), "{}: {whole:?} in {plan}", query.place);
    }
    experiments.close().await;
}

/// A tenant's question goes to its own counts, one range of keys for each bucket, and never to streams.
async fn assert_tenants_read_their_own_keys(store: &Analytics, until: UnixMicros) {
    let mut query = questions().swap_remove(0);
    (query.from, query.to) = (UnixMicros(until.0 - HOUR), until);
    query.filter = AnalyticsFilter { tenant: Some("acme".to_owned()), ..AnalyticsFilter::default() };
    let plans = store.plans(&query).await.unwrap();
    let rollups: Vec<&String> = plans.iter().filter(|plan| plan.contains("_pkey on rollup")).collect();
    assert_eq!(rollups.len(), 2, "{plans:?}");
    for plan in rollups {
        let keys = plan.lines().find(|line| line.contains("Index Cond")).unwrap_or_default();
        assert!(keys.contains("bucket = ANY") && keys.contains("tenant ="), "{plan}");
    }
    assert!(plans.iter().all(|plan| !plan.contains("on streams")), "{plans:?}");
}
