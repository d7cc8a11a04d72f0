//! `undertone db reship`

use super::{sentence, time};
use crate::cli::console::say;
use crate::settings::Settings;
use crate::wire_time::timestamp;
use anyhow::{Context, bail};
use clap::Args;
use std::time::Duration;
use undertone_core::{Clock, SystemClock, UnixMicros};
use undertone_store::{Reshipped, reship};

#[derive(Debug, Args)]
pub(crate) struct ReshipArgs {
    /// What was recorded from then on, as 2026-03-01T12:00:00Z: some time before what Postgres lost.
    #[arg(long, value_name = "TIME")]
    since: String,
}

/// Once for every server that ships to this Postgres, while it does not run.
pub(super) async fn run(args: &ReshipArgs, settings: &Settings) -> anyhow::Result<()> {
    let since = time("--since", &args.since)?;
    if settings.store.url.is_none() {
        bail!("there is no Postgres to send anything to: set store.url");
    }
    if let Some(earliest) = earliest(settings, SystemClock.now())?.filter(|earliest| since < *earliest) {
        bail!(
            "--since {}: rows so old may have been dropped after store.retention, and would be counted again; give {} or later",
            args.since,
            timestamp(earliest)
        );
    }
    let reshipped = reship(&settings.data_dir, since).await.map_err(|error| sentence(&error))?;
    for line in told(&reshipped, since) {
        say!("{line}");
    }
    Ok(())
}

/// What was made from then on was not dropped for its age, by which its stream counts; none where nothing is.
fn earliest(settings: &Settings, UnixMicros(now): UnixMicros) -> anyhow::Result<Option<UnixMicros>> {
    let Some(retention) = settings.store.shipping.keeping.retention else { return Ok(None) };
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).context("a time is too long");
    Ok(Some(UnixMicros(now - micros(retention)? + micros(settings.longest_stream())?)))
}

fn told(reshipped: &Reshipped, since: UnixMicros) -> Vec<String> {
    let Reshipped { streams, predictions, exposures, feedback, erasures, oldest } = *reshipped;
    let mut lines = vec![format!(
        "with its next start the server sends {streams} streams, {predictions} predictions, {exposures} exposures to experiments and {feedback} judgements again; Postgres keeps what it has"
    )];
    if let Some(oldest) = oldest.filter(|oldest| *oldest > since) {
        lines.push(format!("the oldest answer in the journal is of {}", timestamp(oldest)));
    }
    if erasures > 0 {
        lines.push(format!(
            "{erasures} subjects were erased since: Postgres may have them again, so ask for each once more with `undertone db erase`"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_begins_later_and_lost_erasures_are_told() {
        let nothing = Reshipped::default();
        assert_eq!(told(&nothing, UnixMicros(5)).len(), 1);
        let late = Reshipped { erasures: 2, oldest: Some(UnixMicros(1_000_000)), ..nothing };
        let lines = told(&late, UnixMicros(5));
        assert!(
            lines[1].ends_with("of 1970-01-01T00:00:01Z") && lines[2].starts_with("2 subjects"),
            "{lines:?}"
        );
        assert_eq!(told(&late, UnixMicros(1_000_000)).len(), 2, "it holds all that was asked for");
    }
}
