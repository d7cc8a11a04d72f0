//! `undertone db erase`

use super::sentence;
use crate::settings::Settings;
use anyhow::bail;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use undertone_store::{ErasedRows, erase_subject};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// The subject key, as clients give it.
    #[arg(long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    subject: String,
    /// Whose subject it is: the tenant of the API key that its clients use.
    #[arg(long, value_name = "NAME", default_value = "default")]
    tenant: String,
}

pub(super) async fn run(args: &EraseArgs, settings: &Settings) -> anyhow::Result<()> {
    let Some(key) = settings.recording.stored_subject_key(&args.subject) else {
        bail!("subject keys are not stored (recording.subject_key), so nothing can be found by one");
    };
    let subject = (args.tenant.as_str(), key.as_str());
    let report = erase_subject(&settings.data_dir, settings.store.url.as_ref(), subject).await;
    let report = report.map_err(|error| sentence(&error))?;
    if report.postgres.is_none() && report.journal.is_none() {
        bail!("there is no journal in {} and no Postgres (store.url)", settings.data_dir.display());
    }
    for (name, rows) in [("postgres", report.postgres), ("journal", report.journal)] {
        if let Some(ErasedRows { streams, predictions, exposures, feedback }) = rows {
            say!(
                "{name}: erased {streams} streams, {predictions} predictions, {exposures} exposures to experiments and {feedback} judgements"
            );
        }
    }
    if [report.postgres, report.journal].into_iter().flatten().all(|rows| rows == ErasedRows::default()) {
        say!(
            "nothing is stored of this subject (any more): the key must be the one that clients gave, and recording.subject_salt and \
             --tenant those that it was stored with"
        );
    }
    for file in &report.stale_files {
        say!("{file} was exported before and may hold rows of the subject: delete it, or export it again");
    }
    if report.postgres.is_some() {
        say!("journals of other servers follow within a minute");
    }
    Ok(())
}
