//! Migrations, forth and back.

use super::bed::{folder, open, url};
use undertone_store::{Database, StoreError, migrate, revert};
use undertone_tests::PrivatePostgres;

#[tokio::test]
async fn the_journal_migrates_up_down_and_up_again() {
    let folder = folder();
    up_down_up(&Database::Journal(folder.path().to_owned())).await;
    open(folder.path()).await;
}

#[tokio::test]
async fn postgres_migrates_up_down_and_up_again() {
    let postgres = PrivatePostgres::start();
    up_down_up(&Database::Postgres(url(&postgres))).await;
}

#[tokio::test]
async fn servers_that_start_at_once_make_the_tables_once() {
    let postgres = PrivatePostgres::start();
    let database = Database::Postgres(url(&postgres));
    let (a, b, c) = tokio::join!(migrate(&database), migrate(&database), migrate(&database));
    let changes: Vec<_> = [a, b, c].into_iter().flat_map(|report| report.unwrap().changed).collect();
    let once: std::collections::BTreeSet<&String> = changes.iter().collect();
    assert!(once.len() == changes.len() && changes[0] == "1 recording", "{changes:?}");
}

#[tokio::test]
async fn a_journal_in_use_is_not_migrated() {
    let folder = folder();
    let _journal = open(folder.path()).await;
    let error = revert(&Database::Journal(folder.path().to_owned())).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

async fn up_down_up(database: &Database) {
    let up = migrate(database).await.unwrap();
    assert!(up.version > 0 && up.changed[0] == "1 recording", "{up}");
    let again = migrate(database).await.unwrap();
    assert!(again.changed.is_empty() && again.version == up.version, "{again}");
    let down = revert(database).await.unwrap();
    assert_eq!((&down.changed, down.version), (&up.changed, 0));
    assert_eq!(migrate(database).await.unwrap(), up);
}
