//! `undertone db status`

use super::sentence;
use crate::settings::Settings;
use undertone_store::{Counts, JournalReader, PartitionRow, PostgresReader, partitions};
use undertone_terminal::say;

pub(super) async fn show(settings: &Settings) -> anyhow::Result<()> {
    let journal = JournalReader::open(&settings.data_dir).await.map_err(|error| sentence(&error))?;
    show_counts("journal", journal.counts().await.map_err(|error| sentence(&error))?)?;
    let (waiting, refused) = journal.waiting().await.map_err(|error| sentence(&error))?;
    say!("journal: {refused} rows were refused and set aside");
    if let Some(url) = &settings.store.url {
        say!("journal: {waiting} changes wait for Postgres");
        let mut postgres = PostgresReader::connect(url).await.map_err(|error| sentence(&error))?;
        show_counts("postgres", postgres.counts().await.map_err(|error| sentence(&error))?)?;
        for partition in partitions(url).await.map_err(|error| sentence(&error))? {
            say!("{}", line(&partition));
        }
    }
    Ok(())
}

fn show_counts(name: &str, counts: Counts) -> std::io::Result<()> {
    say!(
        "{name}: {} streams ({} open), {} predictions",
        counts.streams,
        counts.open_streams,
        counts.predictions
    );
    Ok(())
}

fn line(partition: &PartitionRow) -> String {
    let span = match partition.from_time.as_str() {
        "" => "impossible times".to_owned(),
        from => format!("{from} to {}", partition.to_time),
    };
    let mebibytes = partition.bytes as f64 / (1024.0 * 1024.0);
    format!("postgres: {:<28} {span}  about {} rows, {mebibytes:.1} MiB", partition.name, partition.rows)
}
