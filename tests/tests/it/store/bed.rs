//! A store to try a rule on: the journal alone, or with Postgres behind it.

use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use undertone_core::{Record, Recorder};
use undertone_store::{
    Counts, Journal, JournalOptions, Keeping, PostgresReader, PostgresUrl, PredictionRow, Shipper,
    ShipperOptions, StreamRow,
};
use undertone_tests::PrivatePostgres;

/// Which database is asked for what was recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Journal,
    Postgres,
}

pub(crate) struct Bed {
    pub(crate) journal: Journal,
    behind: Option<(Shipper, PrivatePostgres)>,
    // Last, so that the folder outlives what writes in it.
    _folder: TempDir,
}

impl Bed {
    pub(crate) async fn of(kind: Kind) -> Self {
        let folder = folder();
        let journal = open(folder.path()).await;
        let behind = match kind {
            Kind::Journal => None,
            Kind::Postgres => {
                let postgres = PrivatePostgres::start();
                Some((ship(&journal, &postgres), postgres))
            }
        };
        Self { journal, behind, _folder: folder }
    }

    /// The Postgres behind the journal.
    pub(crate) fn postgres(&self) -> Option<&PrivatePostgres> {
        self.behind.as_ref().map(|(_, postgres)| postgres)
    }

    /// Records all, one after the other, and waits until the database that will be asked has them.
    pub(crate) async fn record(&self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            self.journal.record(record).await.expect("the journal takes it");
        }
        if self.behind.is_some() {
            shipped(&self.journal).await;
        }
    }

    pub(crate) async fn predictions(&self, limit: u32) -> Vec<PredictionRow> {
        match &self.behind {
            None => self.journal.recent_predictions(limit).await.unwrap(),
            Some((_, postgres)) => reader(postgres).await.recent_predictions(limit).await.unwrap(),
        }
    }

    pub(crate) async fn streams(&self, limit: u32) -> Vec<StreamRow> {
        match &self.behind {
            None => self.journal.recent_streams(limit).await.unwrap(),
            Some((_, postgres)) => reader(postgres).await.recent_streams(limit).await.unwrap(),
        }
    }

    pub(crate) async fn counts(&self) -> Counts {
        match &self.behind {
            None => self.journal.counts().await.unwrap(),
            Some((_, postgres)) => reader(postgres).await.counts().await.unwrap(),
        }
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

pub(crate) async fn open(folder: &Path) -> Journal {
    Journal::open(folder, JournalOptions::default()).await.expect("an empty folder can hold a journal")
}

pub(crate) fn url(postgres: &PrivatePostgres) -> PostgresUrl {
    postgres.url().parse().expect("the server's own address is valid")
}

/// Ships with waits that suit a test.
pub(crate) fn ship(journal: &Journal, postgres: &PrivatePostgres) -> Shipper {
    ship_within(journal, postgres, ShipperOptions::default().batch_timeout)
}

/// The same, where rows that are sent together may take so long.
pub(crate) fn ship_within(journal: &Journal, postgres: &PrivatePostgres, batch_timeout: Duration) -> Shipper {
    let options = ShipperOptions {
        first_retry: Duration::from_millis(5),
        longest_retry: Duration::from_millis(100),
        batch_timeout,
        // What tests record has fixed times, and must not be too old one day.
        keeping: Keeping { minutes: None, ..Keeping::default() },
        ..ShipperOptions::default()
    };
    Shipper::start_with(journal, url(postgres), options)
}

/// Returns once nothing waits for Postgres any more.
pub(crate) async fn shipped(journal: &Journal) {
    journal.status().wait_for(|status| status.pending_rows == 0).await.expect("the journal is open");
}

pub(crate) async fn reader(postgres: &PrivatePostgres) -> PostgresReader {
    PostgresReader::connect(&url(postgres)).await.expect("Postgres runs")
}

/// Copies the journal's files as a crash at this moment would leave them.
pub(crate) fn left_by_a_crash(journal: &Path) -> TempDir {
    let copy = folder();
    for entry in journal.read_dir().expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        std::fs::copy(&path, copy.path().join(path.file_name().expect("a file"))).expect("it can be read");
    }
    copy
}
