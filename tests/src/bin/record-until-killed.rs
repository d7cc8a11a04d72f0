//! Records answers in the journal of a given folder and prints the identifier of each once it was
//! acknowledged, until somebody kills it.
#![forbid(unsafe_code)]

use anyhow::Context;
use std::io::Write;
use undertone_core::{Record, Recorder, StreamId};
use undertone_store::{Journal, JournalOptions};
use undertone_tests::{answer, opening};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).context("give the data folder")?;
    let journal = Journal::open(folder.as_ref(), JournalOptions::default()).await?;
    let stream = StreamId::generate();
    journal.record(Record::StreamOpened(opening(stream))).await?;
    let mut acknowledged = std::io::stdout().lock();
    for utterance in 1.. {
        let answer = answer(stream, utterance);
        let id = answer.prediction_id;
        journal.record(Record::Utterance(answer)).await?;
        writeln!(acknowledged, "{id}")?;
        acknowledged.flush()?;
    }
    Ok(())
}
