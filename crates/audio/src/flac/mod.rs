//! FLAC files (RFC 9639). The container is taken apart here, so that bytes can be pushed in any cut;
//! symphonia decodes the frames.

mod checksum;
mod frame_decoder;
mod frame_header;
mod frame_splitter;
mod stream_info;

use crate::decoder::Decoder;
use crate::error::beginning;
use crate::intake::Intake;
use crate::piece::Piece;
use crate::{AudioError, Encoding};
use frame_decoder::FrameDecoder;
use frame_splitter::FrameSplitter;
use stream_info::StreamInfo;

const MAGIC: &[u8; 4] = b"fLaC";
const STREAM_INFO: u8 = 0;
/// Block types from here on are reserved (RFC 9639 section 8.1).
const INVALID_BLOCK: u8 = 127;

/// Decoder of FLAC files. Each frame is given once the next one's header, or the end, confirms it.
pub(crate) struct FlacDecoder {
    state: State,
    piece: Piece,
    audio: Option<Audio>,
}

enum State {
    Magic,
    BlockHeader,
    StreamInfo { is_last: bool },
    Skip { left: u64, is_last: bool },
    Frames,
}

struct Audio {
    info: StreamInfo,
    splitter: FrameSplitter,
    decoder: FrameDecoder,
}

impl FlacDecoder {
    pub(crate) fn new() -> Self {
        Self { state: State::Magic, piece: Piece::default(), audio: None }
    }

    fn read_magic(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        if self.piece.fill(bytes, MAGIC.len()) {
            check_magic(&self.piece.take())?;
            self.state = State::BlockHeader;
        }
        Ok(())
    }

    fn read_block_header(&mut self, bytes: &mut &[u8], intake: &Intake) -> Result<(), AudioError> {
        if !self.piece.fill(bytes, 4) {
            return Ok(());
        }
        let header = u32::from_be_bytes(*self.piece.take().first_chunk().expect("four bytes were filled"));
        let (is_last, kind, size) = (header >> 31 == 1, (header >> 24 & 0x7F) as u8, header & 0x00FF_FFFF);
        let max = intake.limits().max_header_bytes;
        if self.piece.offset() + u64::from(size) > u64::from(max) {
            return Err(AudioError::HeaderTooLong { encoding: Encoding::Flac, max });
        }
        self.state = match (kind, &self.audio) {
            (STREAM_INFO, None) if size as usize == StreamInfo::BYTES => State::StreamInfo { is_last },
            (STREAM_INFO, None) => return Err(self.bad_block(format!("a stream info of {size} bytes"))),
            (STREAM_INFO, Some(_)) => return Err(self.bad_block("a second stream info".to_owned())),
            (INVALID_BLOCK, _) => return Err(self.bad_block("a block of type 127".to_owned())),
            (_, None) => return Err(self.bad_block("the first block is not the stream info".to_owned())),
            (_, Some(_)) => skip(u64::from(size), is_last),
        };
        Ok(())
    }

    fn read_stream_info(
        &mut self,
        is_last: bool,
        bytes: &mut &[u8],
        intake: &mut Intake,
    ) -> Result<(), AudioError> {
        if !self.piece.fill(bytes, StreamInfo::BYTES) {
            return Ok(());
        }
        let start = self.piece.start();
        let body = self.piece.take();
        let info = StreamInfo::parse(body.first_chunk().expect("the block was filled"));
        intake.check_channels(info.channels)?;
        let rate = intake.check_rate(info.rate_hz)?;
        intake.check_length(info.frames.unwrap_or(0), rate)?;
        intake.start(rate, info.channels)?;
        let decoder = FrameDecoder::new(&body).map_err(|problem| AudioError::BadHeader {
            encoding: Encoding::Flac,
            offset: start,
            problem,
        })?;
        let splitter = FrameSplitter::new(info.channels, info.max_frame_bytes());
        self.audio = Some(Audio { info, splitter, decoder });
        self.state = skip(0, is_last);
        Ok(())
    }

    fn bad_block(&self, problem: String) -> AudioError {
        AudioError::BadHeader { encoding: Encoding::Flac, offset: self.piece.offset() - 4, problem }
    }
}

/// What comes behind a block of which `left` bytes are left.
fn skip(left: u64, is_last: bool) -> State {
    match (left, is_last) {
        (0, true) => State::Frames,
        (0, false) => State::BlockHeader,
        _ => State::Skip { left, is_last },
    }
}

fn check_magic(piece: &[u8]) -> Result<(), AudioError> {
    if piece.starts_with(MAGIC) {
        return Ok(());
    }
    Err(AudioError::WrongMagic { expected: Encoding::Flac, beginning: beginning(piece) })
}

impl Decoder for FlacDecoder {
    fn push(&mut self, mut bytes: &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            match self.state {
                State::Magic => self.read_magic(&mut bytes)?,
                State::BlockHeader => self.read_block_header(&mut bytes, intake)?,
                State::StreamInfo { is_last } => self.read_stream_info(is_last, &mut bytes, intake)?,
                State::Skip { left, is_last } => {
                    let passed = self.piece.pass(&mut bytes, left).len() as u64;
                    self.state = skip(left - passed, is_last);
                }
                State::Frames => {
                    let Some(audio) = &mut self.audio else { return Ok(()) };
                    let start = self.piece.offset();
                    return audio.push(self.piece.pass(&mut bytes, u64::MAX), start, intake, out);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        if let (State::Frames, Some(audio)) = (&self.state, &mut self.audio) {
            return audio.finish(self.piece.offset(), intake, out);
        }
        let place = match self.state {
            State::Magic => {
                // A shorter beginning of the magic is cut, anything else is not FLAC.
                if !MAGIC.starts_with(self.piece.bytes()) {
                    check_magic(self.piece.bytes())?;
                }
                "its first four bytes"
            }
            _ => "the metadata",
        };
        Err(AudioError::Truncated { encoding: Encoding::Flac, place, offset: self.piece.offset() })
    }
}

impl Audio {
    fn push(
        &mut self,
        bytes: &[u8],
        mut offset: u64,
        intake: &mut Intake,
        out: &mut Vec<f32>,
    ) -> Result<(), AudioError> {
        for block in bytes.chunks(FrameSplitter::BLOCK_BYTES) {
            self.splitter.push(block);
            offset += block.len() as u64;
            while let Some(frame) = self.splitter.next_frame(offset)? {
                self.decoder.decode(frame.bytes, frame.offset, intake, out)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, end: u64, intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        if let Some(frame) = self.splitter.last_frame(end)? {
            self.decoder.decode(frame.bytes, frame.offset, intake, out)?;
        }
        match self.info.frames {
            Some(expected) if expected != intake.frames() => Err(AudioError::CutShort {
                encoding: Encoding::Flac,
                unit: "samples per channel",
                expected,
                found: intake.frames(),
            }),
            _ => Ok(()),
        }
    }
}
