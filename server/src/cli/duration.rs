//! Times on the command line.

use crate::settings::parse_duration;
use std::time::Duration;

/// A number above 0 with its unit.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    let read = duration(text)?;
    if read.is_zero() { Err("give more than 0".to_owned()) } else { Ok(read) }
}

/// A number with its unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .ok_or_else(|| "give a duration with its unit, such as 500ms, 30s, 5m or 720h".to_owned())
}
