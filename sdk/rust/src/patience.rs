//! How long a stream goes on trying.

use crate::retry::Retry;
use crate::session::{Break, Session};
use std::time::Duration;
use tokio::time::Instant;

/// How long a stream goes on trying.
#[derive(Debug)]
pub(crate) struct Patience {
    retry: Retry,
    position: u64,
    tries: u32,
    since: Instant,
}

impl Patience {
    pub(crate) fn new(retry: Retry) -> Self {
        Self { retry, position: 0, tries: 0, since: Instant::now() }
    }

    /// Something was told; patience is new once more was acknowledged.
    pub(crate) fn progress(&mut self, position: u64) {
        if self.tries == 0 || position > self.position {
            self.tries = 0;
            self.since = Instant::now();
        }
        self.position = position;
    }

    /// The wait before the next call; `None` when there is no point in one.
    pub(crate) fn delay(&mut self, broken: &Break, session: &Session) -> Option<Duration> {
        self.tries += 1;
        let error = match broken {
            Break::Failed(error) => Some(error),
            Break::Drained | Break::Silent => None,
        };
        let delay = self.retry.delay(self.tries, error);
        if !session.has_started() {
            let may_pass = error.is_some_and(|error| error.may_pass());
            return (may_pass && self.tries < self.retry.attempts).then_some(delay);
        }
        if !session.can_resume() || error.is_some_and(|error| !error.may_be_resumed()) {
            return None;
        }
        (self.since.elapsed() + delay <= session.resume_within()).then_some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::{Code, Status};
    use undertone_proto::v1;
    use v1::streaming_recognize_response::Message as Tell;

    fn failed(code: Code) -> Break {
        Break::Failed(Status::new(code, "").into())
    }

    fn running(resumable: bool, within: Duration) -> Session {
        let mut session = Session::new(v1::RecognitionConfig::default());
        let started = v1::Started {
            limits: Some(v1::StreamLimits {
                resume_within: Some(crate::session::to_wire(within)),
                ..v1::StreamLimits::default()
            }),
            acknowledgement: resumable.then(v1::Acknowledgement::default),
            ..v1::Started::default()
        };
        session.take(v1::StreamingRecognizeResponse { message: Some(Tell::Started(started)) }).unwrap();
        session
    }

    #[tokio::test]
    async fn a_stream_that_has_not_begun_is_tried_as_often_as_a_call() {
        let session = Session::new(v1::RecognitionConfig::default());
        let mut patience = Patience::new(Retry { attempts: 3, ..Retry::default() });
        let tries = std::iter::from_fn(|| patience.delay(&failed(Code::Unavailable), &session));
        assert_eq!(tries.count(), 2);
        let mut patience = Patience::new(Retry::default());
        assert_eq!(patience.delay(&failed(Code::InvalidArgument), &session), None);
        assert_eq!(patience.delay(&Break::Silent, &session), None);
    }

    #[tokio::test]
    async fn one_that_has_begun_is_taken_up_for_as_long_as_the_server_allows_and_not_against_its_word() {
        let long = Duration::from_secs(600);
        let mut patience = Patience::new(Retry::never());
        for broken in [failed(Code::Unavailable), failed(Code::Cancelled), Break::Drained, Break::Silent] {
            assert!(patience.delay(&broken, &running(true, long)).is_some(), "{broken}");
        }
        assert_eq!(patience.delay(&failed(Code::InvalidArgument), &running(true, long)), None);
        assert_eq!(patience.delay(&Break::Silent, &running(false, long)), None);
        assert_eq!(patience.delay(&Break::Silent, &running(true, Duration::ZERO)), None);
    }
}
