//! The address of a Postgres database, password included and never shown.

use crate::StoreError;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::str::FromStr;

/// A checked `postgres://user:password@host:port/database` address. Neither `Debug` nor `Display`
/// shows the password.
#[derive(Clone)]
pub struct PostgresUrl(Box<PgConnectOptions>);

impl PostgresUrl {
    /// Where it leads: `host:port, database name`, for messages.
    pub fn target(&self) -> String {
        let place = match self.0.get_socket() {
            Some(folder) => format!("{}:{}", folder.display(), self.0.get_port()),
            None => format!("{}:{}", self.0.get_host(), self.0.get_port()),
        };
        format!("{place}, database {}", self.database())
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::clone(&self.0).disable_statement_logging()
    }

    /// Postgres takes the user's name when no database is named.
    fn database(&self) -> &str {
        self.0.get_database().unwrap_or_else(|| self.0.get_username())
    }
}

impl FromStr for PostgresUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = |reason: &str| StoreError::Url { reason: reason.to_owned() };
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(wrong("it does not begin with postgres://"));
        }
        let options = PgConnectOptions::from_str(text).map_err(|error| StoreError::Url {
            // The parser speaks of the part that is wrong and does not repeat the text.
            reason: error.to_string(),
        })?;
        if options.get_socket().is_none() && options.get_host().is_empty() {
            return Err(wrong("it names no host"));
        }
        Ok(Self(Box::new(options.application_name("undertone"))))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.0.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => self.0.get_host().to_owned(),
        };
        write!(f, "postgres://{}@{}:{}/{}", self.0.get_username(), place, self.0.get_port(), self.database())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let url: PostgresUrl = "postgres://ann:s3cr%40t@db.example:6000/speech".parse().unwrap();
        for shown in [format!("{url}"), format!("{url:?}"), url.target()] {
            assert!(!shown.contains("s3cr"), "{shown}");
            assert!(shown.contains("db.example") && shown.contains("6000") && shown.contains("speech"));
        }
    }

    #[test]
    fn a_socket_folder_stands_for_the_host() {
        let url: PostgresUrl = "postgres://ann@localhost/speech?host=/run/pg&port=6001".parse().unwrap();
        assert_eq!(url.target(), "/run/pg:6001, database speech");
    }

    #[test]
    fn wrong_addresses_are_refused_without_repeating_them() {
        for text in ["", "mysql://ann:s3cret@db/x", "ann:s3cret@db", "postgres://ann:s3cret@db:port/x"] {
            let message = text.parse::<PostgresUrl>().unwrap_err().to_string();
            assert!(message.contains("store.url") && !message.contains("s3cret"), "{message}");
        }
    }
}
