//! What a resume token holds, byte by byte.

use super::{Claim, ConfigDigest};
use undertone_core::{StreamId, UnixMicros};
use undertone_engine::{Checkpoint, ResumePoint};
use uuid::Uuid;

/// HMAC-SHA-256, cut to 128 bits (RFC 2104, section 5).
pub(super) const TAG_BYTES: usize = 16;
/// The first byte of every token; another layout takes another one.
const LAYOUT: u8 = 1;

/// A token's content. All numbers are big-endian, in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) claim: Claim,
    pub(super) point: ResumePoint,
    pub(super) issued: UnixMicros,
}

impl Ticket {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let ResumePoint { checkpoint, sequence, finals } = self.point;
        let mut bytes = vec![LAYOUT];
        bytes.extend(self.claim.stream.uuid().as_bytes());
        bytes.extend(self.claim.config.0);
        bytes.extend(checkpoint.position.to_be_bytes());
        bytes.extend(checkpoint.answered_until.to_be_bytes());
        bytes.extend(checkpoint.utterances.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(finals.to_be_bytes());
        bytes.extend(self.issued.0.to_be_bytes());
        bytes
    }

    /// `None` for bytes of another layout or length.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[LAYOUT])?;
        let stream = StreamId::from_uuid(Uuid::from_bytes(take(&mut rest)?));
        let config = ConfigDigest(take(&mut rest)?);
        let checkpoint = Checkpoint {
            position: u64::from_be_bytes(take(&mut rest)?),
            answered_until: u64::from_be_bytes(take(&mut rest)?),
            utterances: u32::from_be_bytes(take(&mut rest)?),
        };
        let point = ResumePoint {
            checkpoint,
            sequence: u64::from_be_bytes(take(&mut rest)?),
            finals: u32::from_be_bytes(take(&mut rest)?),
        };
        let issued = UnixMicros(i64::from_be_bytes(take(&mut rest)?));
        rest.is_empty().then_some(Self { claim: Claim { stream, config }, point, issued })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}
