//! A file or a disk that stops taking records while the journal is open, or that takes none from the start.

use super::bed::{folder, open};
use std::path::{Path, PathBuf};
use std::process::Command;
use undertone_core::{ErrorKind, Record, RecordError, Recorder, StreamId};
use undertone_store::{Journal, JournalOptions};
use undertone_tests::{SmallDisk, opening};

/// Files that the kernel lets nobody write, not even those that have them open; it ends on drop.
pub(super) struct Immutable(Vec<PathBuf>);

impl Immutable {
    /// None, loudly, where the file system or the user cannot have such files.
    pub(super) fn make(files: &[PathBuf]) -> Option<Self> {
        let made = Self(files.to_vec());
        if made.set("+i") {
            return Some(made);
        }
        eprintln!("SKIPPED: chattr +i is not possible here; a disk that turns read-only is not tested");
        None
    }

    fn set(&self, flag: &str) -> bool {
        let changed = Command::new("chattr").arg(flag).args(&self.0).status();
        changed.is_ok_and(|status| status.success())
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        self.set("-i");
    }
}

async fn record_opening(journal: &Journal, label_bytes: usize) -> Result<(), RecordError> {
    let mut opened = opening(StreamId::generate());
    opened.labels.insert("filler".to_owned(), "x".repeat(label_bytes));
    journal.record(Record::StreamOpened(opened)).await
}

pub(super) fn files_of(folder: &Path) -> Vec<PathBuf> {
    ["journal.db", "journal.db-wal"].iter().map(|name| folder.join(name)).collect()
}

#[tokio::test]
async fn a_disk_that_turns_read_only_is_told_as_such_and_records_are_taken_again_when_it_is_not() {
    let folder = folder();
    let journal = open(folder.path()).await;
    record_opening(&journal, 1).await.unwrap();
    let Some(disk) = Immutable::make(&files_of(folder.path())) else { return };
    let refusal = record_opening(&journal, 1).await.expect_err("nothing can be written");
    assert!(refusal.message.contains("cannot be written"), "{}", refusal.message);
    assert_eq!((journal.state().borrow().name(), refusal.kind), ("read_only", ErrorKind::Unavailable));
    drop(disk);
    // Nobody has to record anything for it to be noticed.
    journal.state().wait_for(|state| state.name() == "writable").await.unwrap();
    record_opening(&journal, 1).await.unwrap();
    assert_eq!(journal.counts().await.unwrap().streams, 2, "what was refused is not there");
}

#[tokio::test]
async fn a_file_that_is_damaged_while_it_is_open_is_told_as_such_and_nothing_is_acknowledged() {
    let folder = folder();
    let journal = open(folder.path()).await;
    // More than SQLite keeps in memory, so that it has to read its file again.
    for _ in 0..64 {
        record_opening(&journal, 100_000).await.unwrap();
    }
    journal.close().await;
    let file = folder.path().join("journal.db");
    let journal = open(folder.path()).await;
    let length = std::fs::metadata(&file).unwrap().len() as usize;
    let whole = std::fs::read(&file).unwrap();
    let damaged: Vec<u8> =
        whole[..4_096].iter().copied().chain(std::iter::repeat_n(0xa5, length - 4_096)).collect();
    std::fs::write(&file, damaged).unwrap();
    let mut taken = 0;
    let refusal = loop {
        match record_opening(&journal, 100_000).await {
            Ok(()) => taken += 1,
            Err(refusal) => break refusal,
        }
        assert!(taken < 1_000, "the damage was never noticed");
    };
    assert!(
        refusal.message.contains("damaged") && refusal.message.contains("move it away"),
        "{}",
        refusal.message
    );
    assert_eq!(journal.state().borrow().name(), "damaged");
}

#[tokio::test]
async fn a_journal_on_a_read_only_disk_is_not_opened_and_the_sentence_says_what_to_do() {
    let folder = folder();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let data = disk.path().join("data");
    open(&data).await.close().await;
    disk.make_read_only();
    let opened = Journal::open(&data, JournalOptions::default()).await;
    let message = opened.err().expect("it cannot be written").to_string();
    assert!(message.contains("data.dir") && message.contains(&data.display().to_string()), "{message}");
}
