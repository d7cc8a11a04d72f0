//! The measure of everything that writes to Postgres.

use super::bed::{folder, open, url};
use undertone_core::{Clock, SystemClock};
use undertone_store::ExperimentStore;
use undertone_tests::{History, PlainCopy, PrivatePostgres};

#[tokio::test]
async fn a_plain_copy_takes_every_row_with_all_that_it_holds() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let _journal = open(folder.path()).await;
    let experiments = ExperimentStore::open(folder.path(), Some(url(&postgres))).await.unwrap();
    let history = History { answers: 500, days: 1, until: SystemClock.now() };
    let loaded = history.load(&url(&postgres), &experiments, |_| {}).await.unwrap();
    let copied = PlainCopy::measure(&postgres).await.unwrap();
    assert_eq!(copied.rows, loaded);
    experiments.close().await;
}
