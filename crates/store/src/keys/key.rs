//! A key as it is stored.

use sqlx::FromRow;

/// A key as it is stored; the key itself is not in it. Times are microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredKey {
    /// The part of the key that may be shown.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Whose records its calls make, and may see.
    pub tenant: String,
    /// SHA-256 of the whole key, as hexadecimal digits.
    pub secret_sha256: String,
    /// Names of scopes, with a space between them.
    pub scopes: String,
    /// Streams at a time.
    pub max_streams: Option<i64>,
    /// Seconds of audio per minute.
    pub audio_seconds_per_minute: Option<i64>,
    /// When it was made.
    pub created_at_micros: i64,
    /// From when on it is not good any more.
    pub expires_at_micros: Option<i64>,
    /// When it was taken back.
    pub revoked_at_micros: Option<i64>,
}
