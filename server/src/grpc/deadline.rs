//! How long an answer is of use.

use super::parameters::{self, Parameters};
use std::time::{Duration, Instant};
use tonic::Status;
use tonic::metadata::MetadataMap;

/// The parameter of a request that says how long it may take, in microseconds; 0 for no such bound.
const TIMEOUT: &str = "timeout";
/// A header of the call that says the same.
const HEADER: &str = "grpc-timeout";

/// When an answer is of no use any more, if there is such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline(pub(super) Option<Instant>);

impl Deadline {
    /// The earlier one of those that the call and the request state.
    pub(super) fn of(metadata: &MetadataMap, parameters: &Parameters) -> Result<Self, Status> {
        let asked = parameters::whole_number(parameters, TIMEOUT, "parameters.timeout")?;
        let asked = asked.filter(|&micros| micros > 0).map(Duration::from_micros);
        let of_call = metadata.get(HEADER).and_then(|text| text.to_str().ok()).and_then(read);
        let shortest = asked.into_iter().chain(of_call).min();
        Ok(Self(shortest.and_then(|time| Instant::now().checked_add(time))))
    }

    /// Gives up `work` at the deadline.
    pub(super) async fn keep<T>(self, work: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let Some(deadline) = self.0 else { return work.await };
        let late = || Status::deadline_exceeded("the deadline came before the answer");
        tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| Err(late()))
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
