//! Streams that can be taken up again: what a client asks for, and what it is told.

use super::request::CheckedRequest;
use super::{reply, status};
use crate::recognition::Recognition;
use crate::resumption::{Claim, ConfigDigest};
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;
use undertone_audio::{AudioFormat, AudioLimits, Encoding};
use undertone_core::{PIPELINE_RATE, SampleRate, StreamId};
use undertone_engine::{ResumePoint, SessionConfig};
use undertone_proto::v1;

/// Whether the client says that it comes back, or that it has.
pub(super) fn is_asked_for(config: &v1::RecognitionConfig) -> bool {
    config.resumable || !config.resume_token.is_empty()
}

/// What can be taken up again.
pub(super) struct Resumable<'a> {
    /// The configuration with every default filled in.
    pub(super) effective: &'a v1::RecognitionConfig,
    /// Whether the audio is a recording in one message.
    pub(super) alone: bool,
    /// Whose stream it is; nobody else can take it up.
    pub(super) tenant: &'a str,
}

/// Makes `session` acknowledge what it heard, and begin where the client's token says. Gives the stream that is taken up,
/// if there is one.
pub(super) fn check(
    config: &v1::RecognitionConfig,
    Resumable { effective, alone, tenant }: Resumable<'_>,
    session: &mut SessionConfig,
    recognition: &Recognition,
) -> Result<Option<StreamId>, Status> {
    if alone {
        return Err(status::bad_field(
            "config.resumable",
            "a recording in one message is sent again instead",
        ));
    }
    if session.format.encoding.is_container() {
        let sentence = "a container cannot be taken up in its middle; send samples without a header";
        return Err(status::bad_field("config.resumable", sentence));
    }
    session.acknowledge = true;
    if config.resume_token.is_empty() {
        return Ok(None);
    }
    let refuse = |sentence: String| status::bad_field("config.resume_token", sentence);
    let now = recognition.clock.now();
    let opened = recognition.resumption.open(&config.resume_token, ConfigDigest::of(effective, tenant), now);
    let (stream, from) = opened.map_err(|error| refuse(error.to_string()))?;
    let left = seconds_left(session.limits, from);
    let left = left.ok_or_else(|| refuse("the stream has reached its longest audio".to_owned()))?;
    session.limits.max_seconds = left;
    session.from = from;
    Ok(Some(stream))
}

/// Tells one stream's client what it may forget.
#[derive(Clone)]
pub(super) struct Acknowledging {
    recognition: Arc<Recognition>,
    claim: Claim,
    rate: SampleRate,
    frame_bytes: u64,
}

impl Acknowledging {
    /// `None` for a client that does not come back.
    pub(super) fn of(
        recognition: &Arc<Recognition>,
        stream: StreamId,
        request: &CheckedRequest,
    ) -> Option<Self> {
        let CheckedRequest { effective, session, caller, .. } = request;
        session.acknowledge.then_some(())?;
        Some(Self {
            recognition: Arc::clone(recognition),
            claim: Claim { stream, config: ConfigDigest::of(effective, caller.tenant()) },
            rate: session.format.sample_rate?,
            frame_bytes: frame_bytes(session.format),
        })
    }

    /// How long a token is good for.
    pub(super) fn within(&self) -> Duration {
        self.recognition.resumption.within()
    }

    pub(super) fn acknowledgement(&self, point: ResumePoint) -> v1::Acknowledgement {
        let position = point.checkpoint.position;
        // Exact: sessions acknowledge whole samples of the source.
        let source_samples = position * u64::from(self.rate.hz()) / u64::from(PIPELINE_RATE.hz());
        let now = self.recognition.clock.now();
        v1::Acknowledgement {
            resume_token: self.recognition.resumption.token(self.claim, point, now),
            audio_bytes: source_samples * self.frame_bytes,
            audio: Some(reply::at(position)),
        }
    }
}

/// Whole seconds of audio that the stream may still have behind `from`.
fn seconds_left(limits: AudioLimits, from: ResumePoint) -> Option<u32> {
    let heard = from.checkpoint.position / u64::from(PIPELINE_RATE.hz());
    let left = u64::from(limits.max_seconds).checked_sub(heard)?;
    u32::try_from(left).ok().filter(|&left| left > 0)
}

fn frame_bytes(format: AudioFormat) -> u64 {
    let sample_bytes = match format.encoding {
        Encoding::Linear16 => 2,
        Encoding::Float32 => 4,
        _ => 1,
    };
    sample_bytes * u64::from(format.channels.unwrap_or(1))
}
