//! What a client has to remember of its stream, apart from any input or output.

use crate::error::ServerError;
use crate::event::Event;
use crate::format::bytes_per_second;
use std::time::Duration;
use undertone_proto::v1;
use v1::streaming_recognize_response::Message as Tell;

/// A server acknowledges silence once a second.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);

/// Why a call ended before its stream did.
#[derive(Debug)]
pub(crate) enum Break {
    /// With an error.
    Failed(ServerError),
    /// The server shuts down and leaves the rest of the stream to whoever takes it up.
    Drained,
    /// Without a last word.
    Silent,
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Drained => f.write_str("the server shut down before it had heard everything"),
            Self::Silent => f.write_str("the stream ended without a last word"),
        }
    }
}

/// A stream across its calls: what to open it with, and what its replies mean.
#[derive(Debug)]
pub(crate) struct Session {
    config: v1::RecognitionConfig,
    limits: Option<v1::StreamLimits>,
    acknowledged: Option<v1::Acknowledgement>,
    has_started: bool,
    over: bool,
}

impl Session {
    pub(crate) fn new(config: v1::RecognitionConfig) -> Self {
        Self { config, limits: None, acknowledged: None, has_started: false, over: false }
    }

    /// Whether the last word was said.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the server has taken the stream.
    pub(crate) fn has_started(&self) -> bool {
        self.has_started
    }

    /// Whether the server has said how to take the stream up again.
    pub(crate) fn can_resume(&self) -> bool {
        self.acknowledged.is_some()
    }

    /// Bytes of audio that will not be needed again.
    pub(crate) fn position(&self) -> u64 {
        self.acknowledged.as_ref().map_or(0, |own| own.audio_bytes)
    }

    /// The same as audio time.
    pub(crate) fn audio(&self) -> Duration {
        from_wire(self.acknowledged.as_ref().and_then(|own| own.audio))
    }

    /// How long the server takes the stream up again.
    pub(crate) fn resume_within(&self) -> Duration {
        from_wire(self.limits.as_ref().and_then(|limits| limits.resume_within))
    }

    /// How long the client may be silent; `None` before the server said.
    pub(crate) fn idle_timeout(&self) -> Option<Duration> {
        self.limits.as_ref().map(|limits| from_wire(limits.idle_timeout))
    }

    /// The most audio that may wait until an utterance is acknowledged; 0 before a stream that can be taken up has started.
    pub(crate) fn utterance_bytes(&self) -> usize {
        let (Some(format), true) = (&self.config.audio, self.can_resume()) else { return 0 };
        let cut = self.config.endpointing.as_ref();
        let parts = cut.map(|own| [own.pre_roll, own.max_utterance, own.hangover]).unwrap_or_default();
        let longest = parts.into_iter().map(from_wire).sum::<Duration>() + ACKNOWLEDGED_WITHIN;
        // Nonsense of a server saturates.
        (longest.as_secs_f64() * bytes_per_second(format)) as usize
    }

    /// The configuration of the next call.
    pub(crate) fn opening(&self) -> v1::RecognitionConfig {
        let resume_token =
            self.acknowledged.as_ref().map_or_else(String::new, |own| own.resume_token.clone());
        v1::RecognitionConfig { resume_token, ..self.config.clone() }
    }

    /// What a reply tells; `None` for what is no news to the caller. A server that is newer than this client may say more;
    /// what is not understood is passed over.
    pub(crate) fn take(&mut self, reply: v1::StreamingRecognizeResponse) -> Result<Option<Event>, Break> {
        Ok(match reply.message {
            Some(Tell::Started(started)) => Some(self.start(started)),
            Some(Tell::Result(result)) => {
                self.acknowledge(result.acknowledgement.as_ref());
                let result = Box::new(result);
                Some(if result.is_final { Event::Final(result) } else { Event::Interim(result) })
            }
            Some(Tell::Acknowledgement(own)) => {
                self.acknowledged = Some(own);
                None
            }
            Some(Tell::SpeechEvent(own)) => Some(Event::Speech(own)),
            Some(Tell::Warning(own)) => Some(Event::Warning(own)),
            Some(Tell::Ended(own)) => {
                self.acknowledge(own.acknowledgement.as_ref());
                if own.reason() == v1::ended::Reason::Drained && self.can_resume() {
                    return Err(Break::Drained);
                }
                self.over = true;
                Some(Event::Ended(own))
            }
            None => None,
        })
    }

    fn start(&mut self, started: v1::Started) -> Event {
        let again = std::mem::replace(&mut self.has_started, true);
        self.acknowledge(started.acknowledgement.as_ref());
        self.config = started.effective_config.clone().unwrap_or_else(|| self.config.clone());
        self.limits = started.limits;
        let started = Box::new(started);
        if again { Event::Resumed(started) } else { Event::Started(started) }
    }

    fn acknowledge(&mut self, own: Option<&v1::Acknowledgement>) {
        self.acknowledged = own.cloned().or(self.acknowledged.take());
    }
}

/// None, and what is no length of time, is none.
pub(crate) fn from_wire(duration: Option<prost_types::Duration>) -> Duration {
    duration.and_then(|own| Duration::try_from(own).ok()).unwrap_or_default()
}

pub(crate) fn to_wire(duration: Duration) -> prost_types::Duration {
    let longest = prost_types::Duration { seconds: i64::MAX, nanos: 0 };
    prost_types::Duration::try_from(duration).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledgement(audio_bytes: u64) -> Option<v1::Acknowledgement> {
        let resume_token = format!("token-{audio_bytes}");
        Some(v1::Acknowledgement { resume_token, audio_bytes, audio: Some(to_wire(Duration::from_secs(1))) })
    }

    fn take(session: &mut Session, message: Tell) -> Result<Option<Event>, Break> {
        session.take(v1::StreamingRecognizeResponse { message: Some(message) })
    }

    fn started(session: &mut Session, acknowledgement: Option<v1::Acknowledgement>) -> Option<Event> {
        let effective = v1::RecognitionConfig { model: "cnn@1.0.0".into(), ..Default::default() };
        let started =
            v1::Started { effective_config: Some(effective), acknowledgement, ..v1::Started::default() };
        take(session, Tell::Started(started)).unwrap()
    }

    #[test]
    fn the_next_call_asks_for_what_the_server_understood_from_the_last_acknowledgement_on() {
        let mut session = Session::new(v1::RecognitionConfig::default());
        assert_eq!(session.opening().resume_token, "");
        assert!(matches!(started(&mut session, acknowledgement(0)), Some(Event::Started(_))));
        let result =
            v1::Result { is_final: true, acknowledgement: acknowledgement(640), ..v1::Result::default() };
        assert!(matches!(take(&mut session, Tell::Result(result)).unwrap(), Some(Event::Final(_))));
        // One without leaves the last one in force.
        take(&mut session, Tell::Result(v1::Result::default())).unwrap();
        let opening = session.opening();
        assert_eq!((opening.model.as_str(), opening.resume_token.as_str()), ("cnn@1.0.0", "token-640"));
        assert_eq!((session.position(), session.audio()), (640, Duration::from_secs(1)));
        assert!(matches!(started(&mut session, None), Some(Event::Resumed(_))));
    }

    #[test]
    fn a_drain_ends_only_a_stream_that_cannot_be_taken_up() {
        let drained = || {
            let reason = v1::ended::Reason::Drained.into();
            Tell::Ended(v1::Ended { reason, ..v1::Ended::default() })
        };
        let mut kept = Session::new(v1::RecognitionConfig::default());
        started(&mut kept, acknowledgement(0));
        assert!(matches!(take(&mut kept, drained()), Err(Break::Drained)));
        assert!(!kept.is_over());
        let mut lost = Session::new(v1::RecognitionConfig::default());
        started(&mut lost, None);
        assert!(matches!(take(&mut lost, drained()), Ok(Some(Event::Ended(_)))));
        assert!(lost.is_over());
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let mut session = Session::new(v1::RecognitionConfig::default());
        assert!(session.take(v1::StreamingRecognizeResponse { message: None }).unwrap().is_none());
    }
}
