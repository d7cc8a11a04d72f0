//! How long an answer is of use.

use std::time::{Duration, Instant};
use tonic::Status;
use tonic::metadata::MetadataMap;

/// The header of a call that says how long it may take.
const HEADER: &str = "grpc-timeout";

/// When an answer is of no use any more, if there is such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Deadline(pub(crate) Option<Instant>);

impl Deadline {
    /// That of the call, counted from now.
    pub(crate) fn of_call(metadata: &MetadataMap) -> Self {
        Self::default().or_in(metadata.get(HEADER).and_then(|text| text.to_str().ok()).and_then(read))
    }

    /// The earlier one of this and the end of `time`, counted from now.
    pub(crate) fn or_in(self, time: Option<Duration>) -> Self {
        let other = time.and_then(|time| Instant::now().checked_add(time));
        Self(self.0.into_iter().chain(other).min())
    }

    /// Gives up `work` at the deadline.
    pub(crate) async fn keep<T>(self, work: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        tokio::select! {
            biased;
            done = work => done,
            late = self.passed() => Err(late),
        }
    }

    /// Whether it has passed.
    pub(crate) fn is_over(self) -> bool {
        self.0.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Waits for the deadline, for ever where there is none; and says what the client is told then.
    pub(crate) async fn passed(self) -> Status {
        match self.0 {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
        Status::deadline_exceeded("the deadline came before the answer")
    }
}

/// At most eight digits and a unit, as the gRPC specification spells it.
fn read(text: &str) -> Option<Duration> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_count = (1..=8).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = count.parse().ok().filter(|_| is_count)?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_count_with_a_unit_and_nothing_else() {
        assert_eq!(read("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("99999999u"), Some(Duration::from_micros(99_999_999)));
        for wrong in ["", "m", "5", "5s", "+5S", "-5S", "123456789S", "5\u{b5}"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
