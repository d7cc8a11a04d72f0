//! `undertone db reship`

use super::{sentence, time};
use crate::settings::Settings;
use crate::wire_time::timestamp;
use anyhow::bail;
use clap::Args;
use std::time::Duration;
use undertone_core::{Clock, SystemClock, UnixMicros};
use undertone_store::{Reship, ReshipSpan, Reshipped, reship};
use undertone_terminal::say;

const HOUR: i64 = 3_600_000_000;
/// Rows are sent some time after they were looked at, when more is too old.
const MARGIN: Duration = Duration::from_secs(86_400);

#[derive(Debug, Args)]
pub(crate) struct ReshipArgs {
    /// What was recorded from then on, as 2026-03-01T12:00:00Z: before the failover, and before what still waited then was said.
    #[arg(long, value_name = "TIME")]
    since: String,
}

/// Once for every server that ships to this Postgres, while it does not run.
pub(super) async fn run(args: &ReshipArgs, settings: &Settings) -> anyhow::Result<()> {
    let Some(url) = &settings.store.url else {
        bail!("there is no Postgres to send anything to: set store.url");
    };
    let now = SystemClock.now();
    let retention = settings.store.shipping.keeping.retention;
    let earliest = retention.map(|retention| earliest(now, retention, settings.longest_stream()));
    let since = time("--since", &args.since)?;
    if let Some(earliest) = earliest.filter(|earliest| since < *earliest) {
        bail!("--since {}: {}", args.since, too_old(earliest, now));
    }
    let span = ReshipSpan { since, earliest, now };
    match reship(&settings.data_dir, url, span).await.map_err(|error| sentence(&error))? {
        Reship::Again(reshipped) => {
            for line in told(&reshipped, since) {
                say!("{line}");
            }
        }
        Reship::TooOld(at) => bail!(
            "among what was recorded since then is an answer of {}, by a clock that was wrong: {}",
            timestamp(at),
            too_old(earliest.unwrap_or(now), now)
        ),
    }
    Ok(())
}

fn too_old(earliest: UnixMicros, now: UnixMicros) -> String {
    let why = "Postgres may have dropped rows so old (store.retention), and would count them once more";
    if earliest < now {
        format!("{why}; give {} or later", timestamp(earliest))
    } else {
        format!("{why}; with this retention that holds for everything, so set a longer one before")
    }
}

/// A whole hour from which on nothing was dropped for its age, by which streams are dropped with all that was said in them.
fn earliest(UnixMicros(now): UnixMicros, retention: Duration, longest_stream: Duration) -> UnixMicros {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    let kept = now.saturating_sub(micros(retention)).saturating_add(micros(longest_stream + MARGIN));
    UnixMicros(kept.saturating_add(HOUR - 1).div_euclid(HOUR).saturating_mul(HOUR))
}

fn told(reshipped: &Reshipped, since: UnixMicros) -> Vec<String> {
    let Reshipped { streams, predictions, exposures, feedback, oldest } = *reshipped;
    let mut lines = vec![format!(
        "with its next start the server sends {streams} streams, {predictions} predictions, {exposures} exposures to experiments and {feedback} judgements again; Postgres keeps what it has"
    )];
    match oldest {
        None => lines.push("the journal holds no answers any more".to_owned()),
        Some(oldest) if oldest > since => {
            lines.push(format!("the oldest answer in the journal is of {}", timestamp(oldest)));
        }
        Some(_) => {}
    }
    lines.push(
        "erasures that were asked for since then may be undone in Postgres: ask for each once more with `undertone db erase`"
            .to_owned(),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_begins_later_is_told() {
        let oldest = Some(UnixMicros(1_000_000));
        let lines = |oldest, since| told(&Reshipped { oldest, ..Reshipped::default() }, UnixMicros(since));
        assert!(lines(oldest, 5)[1].ends_with("of 1970-01-01T00:00:01Z"), "{:?}", lines(oldest, 5));
        assert_eq!(lines(oldest, 1_000_000).len(), 2, "it holds all that was asked for");
        assert!(lines(None, 5)[1].contains("no answers"));
    }

    #[test]
    fn the_time_that_a_refusal_names_is_taken_a_little_later_too() {
        let (retention, longest) = (Duration::from_secs(30 * 86_400), Duration::from_secs(7_500));
        let now = UnixMicros(1_790_000_000_000_000);
        let named = earliest(now, retention, longest);
        assert!(named.0 % HOUR == 0 && named > UnixMicros(now.0 - 30 * 24 * HOUR));
        assert_eq!(earliest(UnixMicros(now.0 + 60_000_000), retention, longest), named);
        let short = too_old(earliest(now, Duration::from_secs(3_600), longest), now);
        assert!(short.contains("set a longer one"), "{short}");
    }
}
