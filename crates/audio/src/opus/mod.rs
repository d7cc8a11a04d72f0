//! Opus in Ogg (RFC 7845), one logical stream, mono or stereo.

mod head;
mod pages;

use crate::containment::contain;
use crate::decoder::Decoder;
use crate::intake::Intake;
use crate::{AudioError, Encoding};
use head::OpusHead;
use pages::{Page, PageReader};
use ruopus::OpusDecoder;
use undertone_core::SampleRate;

/// Opus is decoded at 48 kHz, whatever was encoded.
const RATE_HZ: u32 = 48_000;
/// RFC 7845 section 6: more than this per channel need not be taken.
const LONGEST_PACKET: usize = 61_440;
/// A page on which no packet ends has this position.
const NO_POSITION: u64 = u64::MAX;

/// Decoder of Ogg Opus files and streams. A page is decoded when it is whole. A stream that stops
/// between two pages without its last-page mark counts as whole, as live encoders leave it so.
pub(crate) struct OggOpusDecoder {
    pages: PageReader,
    stage: Stage,
}

enum Stage {
    Head,
    Tags(OpusHead),
    Audio(Box<Audio>),
}

struct Audio {
    opus: OpusDecoder,
    channels: u16,
    gain: f32,
    /// Frames still to be dropped: the encoder's delay.
    skip: usize,
    /// Frames decoded so far, dropped ones included.
    decoded: u64,
    /// Position of the first frame; streams recorded from the middle do not begin at 0.
    origin: Option<u64>,
    /// The packet decoded last, interleaved.
    samples: Vec<f32>,
}

impl OggOpusDecoder {
    pub(crate) fn new() -> Self {
        Self { pages: PageReader::new(), stage: Stage::Head }
    }

    fn take_page(&mut self, page: &Page, intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        let mut audio_packets = page.packets.as_slice();
        while let [packet, rest @ ..] = audio_packets {
            match &self.stage {
                Stage::Head => self.stage = Stage::Tags(OpusHead::parse(packet, page.offset)?),
                Stage::Tags(head) => {
                    if !packet.starts_with(b"OpusTags") {
                        return Err(bad_header(page.offset, "the comment header is missing"));
                    }
                    let audio = Audio::open(head, intake)?;
                    self.stage = Stage::Audio(Box::new(audio));
                }
                Stage::Audio(_) => break,
            }
            audio_packets = rest;
        }
        match &mut self.stage {
            Stage::Audio(audio) => audio.decode_page(page, audio_packets, intake, out),
            _ => Ok(()),
        }
    }
}

impl Decoder for OggOpusDecoder {
    fn push(&mut self, mut bytes: &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            let longest_packet = match self.stage {
                Stage::Audio(_) => 2 * LONGEST_PACKET,
                _ => intake.limits().max_header_bytes as usize,
            };
            if let Some(page) = self.pages.next_page(&mut bytes, longest_packet)? {
                self.take_page(&page, intake, out)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, _intake: &mut Intake, _out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.pages.finish()?;
        let place = match self.stage {
            Stage::Head => "the Opus header",
            Stage::Tags(_) => "the Opus comments",
            Stage::Audio(_) => return Ok(()),
        };
        Err(AudioError::Truncated { encoding: Encoding::OggOpus, place, offset: self.pages.offset() })
    }
}

impl Audio {
    fn open(head: &OpusHead, intake: &mut Intake) -> Result<Self, AudioError> {
        intake.check_channels(head.channels)?;
        let told = [RATE_HZ, head.original_rate_hz];
        if let Some(stated) = intake.stated_rate().filter(|stated| !told.contains(&stated.hz())) {
            let encoding = Encoding::OggOpus;
            let found = if head.original_rate_hz == 0 { RATE_HZ } else { head.original_rate_hz };
            return Err(AudioError::RateMismatch { encoding, stated, found });
        }
        intake.start(SampleRate::new(RATE_HZ)?, head.channels)?;
        Ok(Self {
            opus: OpusDecoder::new(usize::from(head.channels)),
            channels: head.channels,
            gain: head.gain,
            skip: usize::from(head.pre_skip),
            decoded: 0,
            origin: None,
            samples: Vec::new(),
        })
    }

    /// Decodes a page's audio packets. The last page's position tells where the audio ends, which may be
    /// inside its last packets (RFC 7845 section 4.4).
    fn decode_page(
        &mut self,
        page: &Page,
        packets: &[Vec<u8>],
        intake: &mut Intake,
        out: &mut Vec<f32>,
    ) -> Result<(), AudioError> {
        let before = self.decoded;
        let end = match page.is_last && page.position != NO_POSITION {
            true => page.position.saturating_sub(self.origin.unwrap_or(0)),
            false => u64::MAX,
        };
        for packet in packets {
            intake.push(self.decode_packet(packet, page.offset, end)?, out)?;
        }
        if self.origin.is_none() && page.position != NO_POSITION && self.decoded > before {
            self.origin = Some(page.position.saturating_sub(self.decoded));
        }
        Ok(())
    }

    /// Decodes one packet of the page at `offset`; gives what lies behind the encoder's delay and before
    /// frame `end`.
    fn decode_packet(&mut self, packet: &[u8], offset: u64, end: u64) -> Result<&[f32], AudioError> {
        let damaged = |problem: String| {
            let problem = format!("a packet of the page that begins here {problem}");
            AudioError::Damaged { encoding: Encoding::OggOpus, offset, problem }
        };
        self.samples = contain(|| self.opus.decode_packet(packet))
            .ok_or_else(|| damaged("contradicts itself".to_owned()))?
            .map_err(|error| damaged(format!("is wrong: {error}")))?;
        let channels = usize::from(self.channels);
        let frames = self.samples.len() / channels;
        let kept = usize::try_from(end.saturating_sub(self.decoded)).unwrap_or(usize::MAX).min(frames);
        let dropped = kept.min(self.skip);
        self.skip -= dropped;
        self.decoded += frames as u64;
        let samples = &mut self.samples[dropped * channels..kept * channels];
        samples.iter_mut().for_each(|sample| *sample *= self.gain);
        Ok(samples)
    }
}

fn bad_header(offset: u64, problem: &str) -> AudioError {
    AudioError::BadHeader { encoding: Encoding::OggOpus, offset, problem: problem.to_owned() }
}
