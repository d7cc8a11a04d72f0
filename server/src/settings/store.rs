//! `[store]`

use super::reader::Reader;
use std::str::FromStr;
use std::time::Duration;
use undertone_store::{Keeping, PostgresUrl, ShipperOptions};

const DAY: Duration = Duration::from_secs(86_400);

/// `[store]`
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `store.url`: the Postgres that the journal is shipped to; none: the journal is the store.
    pub url: Option<PostgresUrl>,
    /// `store.batch_rows`, `.batch_timeout`, `.longest_retry`, `.partition`, `.partitions_ahead`, `.retention`, `.minutes_kept`
    pub shipping: ShipperOptions,
}

impl StoreSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let defaults = ShipperOptions::default();
        Self {
            url: url(reader),
            shipping: ShipperOptions {
                batch_rows: reader.count("store.batch_rows", defaults.batch_rows.into(), 1..=100_000) as u32,
                batch_timeout: reader.positive_duration("store.batch_timeout", defaults.batch_timeout),
                longest_retry: reader.positive_duration("store.longest_retry", defaults.longest_retry),
                keeping: keeping(reader),
                ..defaults
            },
        }
    }
}

fn keeping(reader: &mut Reader) -> Keeping {
    let defaults = Keeping::default();
    let some = |duration: Duration| Some(duration).filter(|duration| !duration.is_zero());
    let keeping = Keeping {
        width: reader.duration("store.partition", defaults.width),
        ahead: reader.duration("store.partitions_ahead", defaults.ahead),
        retention: some(reader.duration("store.retention", defaults.retention.unwrap_or_default())),
        minutes: some(reader.duration("store.minutes_kept", defaults.minutes.unwrap_or_default())),
    };
    for (setting, duration, (least, most)) in [
        ("store.partition", keeping.width, (DAY / 24, 31 * DAY)),
        ("store.partitions_ahead", keeping.ahead, (DAY / 24, 366 * DAY)),
    ] {
        if duration < least || duration > most {
            reader.mistake(format!(
                "{setting} = {duration:?}: give a duration from 1h to {}d",
                most.as_secs() / 86_400
            ));
        }
    }
    keeping
}

fn url(reader: &mut Reader) -> Option<PostgresUrl> {
    let text = reader.optional_text("store.url")?;
    // The text may hold a password: it is not repeated in the mistake.
    PostgresUrl::from_str(&text).map_err(|error| reader.mistake(format!("store.url: {error}"))).ok()
}
