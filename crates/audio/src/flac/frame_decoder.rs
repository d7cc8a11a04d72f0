//! Turns the bytes of one FLAC frame into samples.

use crate::containment::contain;
use crate::intake::Intake;
use crate::{AudioError, Encoding};
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

/// Decodes frames, which do not depend on each other.
pub(crate) struct FrameDecoder {
    symphonia: symphonia::default::codecs::FlacDecoder,
    interleaved: Vec<f32>,
}

impl FrameDecoder {
    /// A decoder of the stream that the STREAMINFO block `stream_info` describes.
    pub(crate) fn new(stream_info: &[u8]) -> Result<Self, String> {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_FLAC).with_extra_data(stream_info.into());
        let options = AudioDecoderOptions::default();
        let made = contain(|| symphonia::default::codecs::FlacDecoder::try_new(&parameters, &options));
        let symphonia = made
            .ok_or_else(|| "the stream info cannot be worked with".to_owned())?
            .map_err(|error| error.to_string())?;
        Ok(Self { symphonia, interleaved: Vec::new() })
    }

    /// Decodes the frame in `bytes`, which begins at `offset`, into `intake`.
    pub(crate) fn decode(
        &mut self,
        bytes: &[u8],
        offset: u64,
        intake: &mut Intake,
        out: &mut Vec<f32>,
    ) -> Result<(), AudioError> {
        let Self { symphonia, interleaved } = self;
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, bytes);
        let decoded = contain(|| {
            symphonia.decode_ref(&packet).map(|buffer| buffer.copy_to_vec_interleaved(interleaved))
        });
        match decoded {
            Some(Ok(())) => intake.push(&self.interleaved, out),
            Some(Err(error)) => Err(damaged(offset, error.to_string())),
            None => Err(damaged(offset, "the frame that begins here contradicts itself".to_owned())),
        }
    }
}

fn damaged(offset: u64, problem: String) -> AudioError {
    AudioError::Damaged { encoding: Encoding::Flac, offset, problem }
}
