//! Identifiers. All are UUIDv7, so that rows sort by the time they were made.

use crate::UnixMicros;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new identifier.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Takes an identifier made elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// When it was made, to the millisecond; `None` for one that tells no time.
            pub fn made_at(self) -> Option<UnixMicros> {
                let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
                let micros = seconds.checked_mul(1_000_000)?.checked_add(u64::from(nanos / 1000))?;
                i64::try_from(micros).ok().map(UnixMicros)
            }

            /// The identifier as a UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One call of `StreamingRecognize` or `Recognize`.
    StreamId
);
id!(
    /// One recorded answer of one model about one utterance.
    PredictionId
);

/// The random bits of a UUID behind its variant.
const RANDOM_TAIL: u64 = (1 << 62) - 1;
/// Odd, so that multiplying by it maps the numbers below 2^62 one to one (Knuth's multiplicative hashing).
const SPREAD: u64 = 0x1E37_79B9_7F4A_7C15;

impl PredictionId {
    /// The identifier of the final answer to a stream's utterance. Whoever answers it again, after a stream was taken up
    /// elsewhere, gives the same one, so that it is stored once.
    pub const fn of_final(stream: StreamId, utterance: u32) -> Self {
        let spread = (utterance as u64).wrapping_mul(SPREAD) & RANDOM_TAIL;
        Self(Uuid::from_u128(stream.0.as_u128() ^ spread as u128))
    }

    /// The identifier of what the model at `place` of an experiment says, unheard by the client, about a stream's
    /// utterance; as much its own as that of the final answer.
    pub const fn of_shadow(stream: StreamId, utterance: u32, place: u16) -> Self {
        let number = (place as u64 + 1) << 32 | utterance as u64;
        let spread = number.wrapping_mul(SPREAD) & RANDOM_TAIL;
        Self(Uuid::from_u128(stream.0.as_u128() ^ spread as u128))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, SystemClock};
    use std::collections::BTreeSet;

    #[test]
    fn an_identifier_tells_when_it_was_made_unless_somebody_else_made_it_up() {
        let now = || SystemClock.now().0;
        let before = now();
        let UnixMicros(made) = StreamId::generate().made_at().expect("it tells a time");
        assert!((before - 1_000..=now()).contains(&made), "{made} is not now");
        assert_eq!(StreamId::from_uuid(Uuid::nil()).made_at(), None);
    }

    #[test]
    fn final_answers_have_identifiers_of_their_own_that_are_the_same_for_whoever_answers() {
        let streams = [StreamId::generate(), StreamId::generate()];
        let ids: BTreeSet<PredictionId> = streams
            .iter()
            .flat_map(|&stream| (1..=1000).map(move |number| PredictionId::of_final(stream, number)))
            .collect();
        assert_eq!(ids.len(), 2000);
        let shadow = |number| [0, 1].map(|place| PredictionId::of_shadow(streams[0], number, place));
        let shadows: BTreeSet<PredictionId> = (1..=1000).flat_map(shadow).collect();
        assert!(shadows.len() == 2000 && shadows.is_disjoint(&ids));
        let id = PredictionId::of_final(streams[0], 7);
        assert_eq!(id, PredictionId::of_final(streams[0], 7));
        assert_eq!(id.uuid().get_version_num(), 7);
        assert_eq!(id.uuid().get_variant(), uuid::Variant::RFC4122);
    }
}
