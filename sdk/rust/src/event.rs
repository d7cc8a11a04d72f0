//! What a stream tells.

use std::time::Duration;
use undertone_proto::v1;

/// What a stream tells: [`Started`](Self::Started) first, [`Ended`](Self::Ended) last.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What the server understood.
    Started(Box<v1::Started>),
    /// The call broke off and the stream did not: it is taken up again. Updates of the utterance under way will come anew.
    Interrupted {
        /// How it broke off.
        why: String,
        /// From where the audio is sent again, in audio time.
        from: Duration,
    },
    /// The stream was taken up again.
    Resumed(Box<v1::Started>),
    /// Somebody began or stopped speaking.
    Speech(v1::SpeechEvent),
    /// What is said of an utterance so far.
    Interim(Box<v1::Result>),
    /// The last word on an utterance.
    Final(Box<v1::Result>),
    /// Something about the audio.
    Warning(v1::Warning),
    /// The end.
    Ended(v1::Ended),
}
