//! What clients received against what is stored.

use sqlx::{Connection, PgConnection, Row};
use std::collections::BTreeSet;
use std::sync::Mutex;
use undertone_tests::PrivatePostgres;

/// Rollups by the minute are kept for a month.
const MINUTES_SINCE: &str = "date_trunc('minute', now() - interval '29 days')";

/// An utterance by its stream, its number there, and the identifier of its prediction.
type Utterance = (String, u32, String);

/// Every utterance that some client received.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<BTreeSet<Utterance>>);

/// How the two compare.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) received: usize,
    pub(super) stored: usize,
    pub(super) lost: usize,
    pub(super) doubled: usize,
}

impl Ledger {
    pub(super) fn receive(&self, stream: &str, utterance: u32, prediction: &str) {
        self.0.lock().unwrap().insert((stream.to_owned(), utterance, prediction.to_owned()));
    }

    pub(super) fn received(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Compares with what `postgres` holds, prints it, and fails when something is lost or doubled, or when the rollups
    /// count anything else.
    pub(super) async fn settle(&self, what: &str, postgres: &PrivatePostgres) -> Balance {
        let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
        let rows = "select stream_id::text, utterance, id::text from predictions where is_final";
        let rows = sqlx::query(rows).fetch_all(&mut connection).await.unwrap();
        let stored: Vec<Utterance> =
            rows.iter().map(|row| (row.get(0), row.get::<i64, _>(1) as u32, row.get(2))).collect();
        let utterances: BTreeSet<(&str, u32)> =
            stored.iter().map(|(stream, number, _)| (stream.as_str(), *number)).collect();
        let ids: BTreeSet<&Utterance> = stored.iter().collect();
        let received = self.0.lock().unwrap().clone();
        let balance = Balance {
            received: received.len(),
            stored: stored.len(),
            lost: received.iter().filter(|own| !ids.contains(own)).count(),
            doubled: stored.len() - utterances.len(),
        };
        println!("{what}: {balance:?}");
        for (level, since) in [("minute", MINUTES_SINCE), ("hour", "'-infinity'"), ("day", "'-infinity'")] {
            let counts = sqlx::AssertSqlSafe(format!(
                "select (select coalesce(sum(answers), 0)::bigint from rollups where level = '{level}' and bucket >= {since}), \
                 (select count(*) from predictions where is_final and created_at >= {since})"
            ));
            let (counted, there): (i64, i64) =
                sqlx::query_as(counts).fetch_one(&mut connection).await.unwrap();
            assert_eq!(counted, there, "the rollups by the {level}");
        }
        assert!(balance.received > 0 && balance.lost == 0 && balance.doubled == 0, "{what}: {balance:?}");
        balance
    }
}
