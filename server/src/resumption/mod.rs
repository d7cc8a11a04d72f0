//! How a client takes up a stream that broke off: the tokens that tell where, and whose.
//!
//! A token holds everything that a server needs, so any server with the same key can go on with the stream, and nothing
//! is kept for clients that never come back.

mod key;
mod token;

pub(crate) use key::ResumeKey;
use token::{TAG_BYTES, Ticket};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message;
use sha2::{Digest, Sha256};
use std::time::Duration;
use undertone_core::{StreamId, UnixMicros};
use undertone_engine::ResumePoint;
use undertone_proto::v1;

/// Makes tokens and understands them.
#[derive(Debug)]
pub struct Resumption {
    key: ResumeKey,
    within: Duration,
}

/// What a token was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The stream.
    pub(crate) stream: StreamId,
    /// What the stream was asked for, see [`ConfigDigest::of`].
    pub(crate) config: ConfigDigest,
}

/// Tells one effective configuration from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConfigDigest(pub(crate) [u8; 16]);

/// Why a token is refused, as a sentence for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("it is not a token of this server, nor of one with the same resume.key")]
    Foreign,
    #[error("it belongs to a stream with another configuration; send Started.effective_config with it")]
    OtherConfiguration,
    #[error("it is older than {} s; open a new stream", .within.as_secs())]
    TooOld { within: Duration },
}

impl ConfigDigest {
    /// Of a tenant's configuration with every default filled in; labels and the token itself do not count.
    pub(crate) fn of(effective: &v1::RecognitionConfig, tenant: &str) -> Self {
        let counted = v1::RecognitionConfig {
            labels: Default::default(),
            resume_token: String::new(),
            resumable: true,
            ..effective.clone()
        };
        let digest = Sha256::digest([counted.encode_to_vec(), tenant.as_bytes().to_vec()].concat());
        Self(std::array::from_fn(|index| digest[index]))
    }
}

impl Resumption {
    pub(crate) fn new(key: ResumeKey, within: Duration) -> Self {
        Self { key, within }
    }

    /// How long a token is good for.
    pub(crate) fn within(&self) -> Duration {
        self.within
    }

    /// A token for going on with a stream at `point`.
    pub(crate) fn token(&self, claim: Claim, point: ResumePoint, now: UnixMicros) -> String {
        let mut bytes = Ticket { claim, point, issued: now }.to_bytes();
        let tag = self.key.tag(&bytes);
        bytes.extend_from_slice(&tag[..TAG_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The stream that `token` belongs to, and where it goes on. `config` is what the client asks for now.
    pub(crate) fn open(
        &self,
        token: &str,
        config: ConfigDigest,
        now: UnixMicros,
    ) -> Result<(StreamId, ResumePoint), TokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Foreign)?;
        let (signed, tag) = bytes.split_last_chunk::<TAG_BYTES>().ok_or(TokenError::Foreign)?;
        if !self.key.made(signed, tag) {
            return Err(TokenError::Foreign);
        }
        let ticket = Ticket::from_bytes(signed).ok_or(TokenError::Foreign)?;
        if ticket.claim.config != config {
            return Err(TokenError::OtherConfiguration);
        }
        // A clock that went back makes no token old.
        let age = u64::try_from(now.0.saturating_sub(ticket.issued.0)).unwrap_or(0);
        if Duration::from_micros(age) > self.within {
            return Err(TokenError::TooOld { within: self.within });
        }
        Ok((ticket.claim.stream, ticket.point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_engine::Checkpoint;

    const NOW: UnixMicros = UnixMicros(1_700_000_000_000_000);

    fn resumption(key: &str) -> Resumption {
        Resumption::new(ResumeKey::of_text(key), Duration::from_secs(60))
    }

    fn claim() -> Claim {
        Claim { stream: StreamId::generate(), config: ConfigDigest([7; 16]) }
    }

    fn point() -> ResumePoint {
        let checkpoint = Checkpoint { position: 128_000, answered_until: 140_321, utterances: 9 };
        ResumePoint { checkpoint, sequence: 41, finals: 8 }
    }

    #[test]
    fn a_token_leads_back_to_its_stream_at_any_server_with_the_same_key() {
        let claim = claim();
        let token = resumption("one").token(claim, point(), NOW);
        let opened = resumption("one").open(&token, claim.config, UnixMicros(NOW.0 + 59_000_000));
        assert_eq!(opened, Ok((claim.stream, point())));
    }

    #[test]
    fn a_token_that_was_changed_or_made_with_another_key_is_foreign() {
        let claim = claim();
        let token = resumption("one").token(claim, point(), NOW);
        let refused = |token: &str| resumption("one").open(token, claim.config, NOW);
        for index in (0..token.len()).step_by(7) {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(refused(&changed), Err(TokenError::Foreign), "changed at {index}");
        }
        for damaged in ["", "A", "not a token", &token[..token.len() - 3]] {
            assert_eq!(refused(damaged), Err(TokenError::Foreign), "{damaged:?}");
        }
        assert_eq!(resumption("two").open(&token, claim.config, NOW), Err(TokenError::Foreign));
    }

    #[test]
    fn a_token_is_refused_with_another_configuration_and_when_it_is_too_old() {
        let claim = claim();
        let token = resumption("one").token(claim, point(), NOW);
        let other = resumption("one").open(&token, ConfigDigest([8; 16]), NOW);
        assert_eq!(other, Err(TokenError::OtherConfiguration));
        let late = resumption("one").open(&token, claim.config, UnixMicros(NOW.0 + 61_000_000));
        assert_eq!(late, Err(TokenError::TooOld { within: Duration::from_secs(60) }));
    }

    #[test]
    fn labels_do_not_belong_to_what_a_stream_is_asked_for_and_the_model_does() {
        let config = v1::RecognitionConfig { model: "cnn@1.0.0".into(), ..Default::default() };
        let labelled = v1::RecognitionConfig { labels: [("a".into(), "b".into())].into(), ..config.clone() };
        let other = v1::RecognitionConfig { model: "lstm@1.0.0".into(), ..config.clone() };
        assert_eq!(ConfigDigest::of(&labelled, "ann"), ConfigDigest::of(&config, "ann"));
        assert_ne!(ConfigDigest::of(&other, "ann"), ConfigDigest::of(&config, "ann"));
    }
}
