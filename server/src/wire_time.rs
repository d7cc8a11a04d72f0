//! Moments as the wire spells them.

use prost_types::Timestamp;
use undertone_core::UnixMicros;

/// From 1970 on, to the end of the year 9999, as every database can hold them.
const SECONDS: std::ops::Range<i64> = 0..253_402_300_800;

/// A moment of the wire; none of what lies before 1970 or behind the year 9999.
pub(crate) fn moment(time: &Timestamp) -> Option<UnixMicros> {
    let seconds = Some(time.seconds).filter(|seconds| SECONDS.contains(seconds))?;
    Some(UnixMicros(seconds * 1_000_000 + i64::from(time.nanos.clamp(0, 999_999_999)) / 1_000))
}

/// A moment for the wire.
pub(crate) fn timestamp(UnixMicros(micros): UnixMicros) -> Timestamp {
    Timestamp { seconds: micros.div_euclid(1_000_000), nanos: (micros.rem_euclid(1_000_000) * 1_000) as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_from_the_wire_as_it_was() {
        for micros in [0, 1, 999_999, 1_790_000_000_123_456] {
            assert_eq!(moment(&timestamp(UnixMicros(micros))), Some(UnixMicros(micros)));
        }
    }

    #[test]
    fn what_no_database_holds_is_no_moment() {
        for seconds in [i64::MIN, -1, 253_402_300_800, i64::MAX] {
            assert_eq!(moment(&Timestamp { seconds, nanos: 0 }), None, "{seconds}");
        }
    }
}
