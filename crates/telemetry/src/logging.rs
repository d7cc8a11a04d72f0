//! Where log lines go and what they look like.

use crate::TelemetryError;
use std::io::IsTerminal;
use std::str::FromStr;
use tracing_subscriber::EnvFilter;

/// What log lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            other => Err(format!("{other:?} is not a log format: give \"pretty\" or \"json\"")),
        }
    }
}

/// Whether `filter` can be understood.
pub fn check_filter(filter: &str) -> Result<(), TelemetryError> {
    parsed(filter).map(drop)
}

fn parsed(filter: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(filter)
        .map_err(|error| TelemetryError::Filter { filter: filter.into(), message: error.to_string() })
}

/// Sends log lines that pass `filter` (as `info` or `undertone=debug,warn`) to standard error.
pub fn init_logging(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let parsed = parsed(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(std::io::stderr);
    let done = match format {
        LogFormat::Pretty => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    done.map_err(|_| TelemetryError::AlreadySetUp)
}
