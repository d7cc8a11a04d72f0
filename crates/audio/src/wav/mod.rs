//! RIFF WAVE files: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0"
//! (1991), chapter 3, with the later WAVE_FORMAT_EXTENSIBLE.

mod format_chunk;

use crate::decoder::Decoder;
use crate::error::beginning;
use crate::intake::Intake;
use crate::piece::Piece;
use crate::raw::FrameAssembler;
use crate::{AudioError, Encoding};
use format_chunk::FormatChunk;
use undertone_core::SampleRate;

/// Format chunks are 16, 18 or 40 bytes long; a longer one is no format chunk.
const LONGEST_FORMAT: u32 = 4096;
/// Sizes that writers leave when they cannot go back to fill in the real one.
const UNKNOWN_SIZES: [u32; 2] = [0, u32::MAX];

/// Decoder of WAVE files. Chunks may come in any order, as long as `fmt ` comes before `data`.
pub(crate) struct WavDecoder {
    state: State,
    piece: Piece,
    format: Option<(FormatChunk, SampleRate)>,
}

enum State {
    Riff,
    ChunkHeader,
    Format {
        size: u32,
    },
    Skip {
        left: u64,
    },
    Data(Data),
    /// Behind the audio; tags and padding may follow.
    Behind,
}

struct Data {
    assembler: FrameAssembler,
    start: u64,
    /// `None` when the header leaves the size open.
    size: Option<u64>,
    left: u64,
}

impl WavDecoder {
    pub(crate) fn new() -> Self {
        Self { state: State::Riff, piece: Piece::default(), format: None }
    }

    fn read_riff(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        let whole = self.piece.fill(bytes, 12);
        check_magic(self.piece.bytes())?;
        if whole {
            self.piece.take();
            self.state = State::ChunkHeader;
        }
        Ok(())
    }

    fn read_chunk_header(&mut self, bytes: &mut &[u8], intake: &mut Intake) -> Result<(), AudioError> {
        if !self.piece.fill(bytes, 8) {
            return Ok(());
        }
        let header = self.piece.take();
        let size = header[4..].first_chunk().map_or(0, |raw| u32::from_le_bytes(*raw));
        if header.starts_with(b"data") {
            self.state = State::Data(self.open_data(size, intake)?);
            return Ok(());
        }
        // Chunks are padded to even sizes.
        let padded = u64::from(size) + u64::from(size % 2);
        let max = intake.limits().max_header_bytes;
        if self.piece.offset() + padded > u64::from(max) {
            return Err(AudioError::HeaderTooLong { encoding: Encoding::Wav, max });
        }
        self.state = match header.starts_with(b"fmt ") {
            true if self.format.is_some() => return Err(self.bad_chunk("a second fmt chunk")),
            true if !(16..=LONGEST_FORMAT).contains(&size) => {
                return Err(self.bad_chunk(&format!("a fmt chunk of {size} bytes instead of 16, 18 or 40")));
            }
            true => State::Format { size },
            false => State::Skip { left: padded },
        };
        Ok(())
    }

    fn read_format(&mut self, size: u32, bytes: &mut &[u8], intake: &Intake) -> Result<(), AudioError> {
        if !self.piece.fill(bytes, size as usize) {
            return Ok(());
        }
        let chunk = FormatChunk::parse(self.piece.bytes(), self.piece.start())?;
        intake.check_channels(chunk.channels)?;
        let rate = intake.check_rate(chunk.rate_hz)?;
        self.format = Some((chunk, rate));
        self.piece.take();
        self.state = State::Skip { left: u64::from(size % 2) };
        Ok(())
    }

    fn open_data(&self, size: u32, intake: &mut Intake) -> Result<Data, AudioError> {
        let Some((chunk, rate)) = &self.format else {
            return Err(self.bad_chunk("the data chunk comes before the fmt chunk"));
        };
        let size = (!UNKNOWN_SIZES.contains(&size)).then_some(u64::from(size));
        let frame_bytes = chunk.samples.bytes() as u64 * u64::from(chunk.channels);
        intake.check_length(size.unwrap_or(0) / frame_bytes, *rate)?;
        intake.start(*rate, chunk.channels)?;
        Ok(Data {
            assembler: FrameAssembler::new(chunk.samples, chunk.channels),
            start: self.piece.offset(),
            size,
            left: size.unwrap_or(u64::MAX),
        })
    }

    fn bad_chunk(&self, problem: &str) -> AudioError {
        let offset = self.piece.offset() - 8;
        AudioError::BadHeader { encoding: Encoding::Wav, offset, problem: problem.to_owned() }
    }

    /// Takes as many of `bytes` as the state has a use for, at least one.
    fn step(&mut self, bytes: &mut &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        match &mut self.state {
            State::Riff => self.read_riff(bytes),
            State::ChunkHeader => self.read_chunk_header(bytes, intake),
            State::Format { size } => {
                let size = *size;
                self.read_format(size, bytes, intake)
            }
            State::Skip { left } => {
                *left -= self.piece.pass(bytes, *left).len() as u64;
                if *left == 0 {
                    self.state = State::ChunkHeader;
                }
                Ok(())
            }
            State::Data(data) => {
                let taken = self.piece.pass(bytes, data.left);
                data.left -= taken.len() as u64;
                data.assembler.push(taken, intake, out)?;
                if data.left == 0 {
                    data.assembler.finish(Encoding::Wav, data.start)?;
                    self.state = State::Behind;
                }
                Ok(())
            }
            State::Behind => {
                *bytes = &[];
                Ok(())
            }
        }
    }
}

impl Decoder for WavDecoder {
    fn push(&mut self, mut bytes: &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            self.step(&mut bytes, intake, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, _intake: &mut Intake, _out: &mut Vec<f32>) -> Result<(), AudioError> {
        let place = match &self.state {
            State::Behind => return Ok(()),
            State::Data(Data { size: Some(size), left, .. }) => {
                return Err(AudioError::CutShort {
                    encoding: Encoding::Wav,
                    unit: "bytes of audio data",
                    expected: *size,
                    found: size - left,
                });
            }
            State::Data(data) => return data.assembler.finish(Encoding::Wav, data.start),
            State::Riff => {
                check_whole_magic(self.piece.bytes())?;
                "the RIFF header"
            }
            State::Format { .. } => "the fmt chunk",
            State::ChunkHeader | State::Skip { .. } if self.format.is_some() => {
                "the header: no data chunk has come"
            }
            State::ChunkHeader | State::Skip { .. } => "the header: no fmt chunk has come",
        };
        Err(AudioError::Truncated { encoding: Encoding::Wav, place, offset: self.piece.offset() })
    }
}

fn check_magic(piece: &[u8]) -> Result<(), AudioError> {
    if piece.len() < 4 {
        return Ok(());
    }
    check_whole_magic(piece)?;
    if piece.len() >= 12 && &piece[8..12] != b"WAVE" {
        let problem = format!("a RIFF file of {} instead of WAVE", beginning(&piece[8..12]));
        return Err(AudioError::BadHeader { encoding: Encoding::Wav, offset: 8, problem });
    }
    Ok(())
}

fn check_whole_magic(piece: &[u8]) -> Result<(), AudioError> {
    let feature = match piece {
        [b'R', b'I', b'F', b'F', ..] => return Ok(()),
        [b'R', b'I', b'F', b'X', ..] => "big-endian WAVE (RIFX)",
        [b'R', b'F', b'6', b'4', ..] => "64-bit WAVE (RF64)",
        _ => {
            return Err(AudioError::WrongMagic { expected: Encoding::Wav, beginning: beginning(piece) });
        }
    };
    Err(AudioError::Unsupported { encoding: Encoding::Wav, feature: feature.to_owned() })
}
