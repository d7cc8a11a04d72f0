//! Ogg pages (RFC 3533 section 6) from pushed bytes.

use crate::containment::contain;
use crate::error::beginning;
use crate::{AudioError, Encoding};
use ogg::reading::{BasePacketReader, OggReadError, PageParser};

const MAGIC: &[u8; 4] = b"OggS";
const HEADER_BYTES: usize = 27;
const LAST_PAGE: u8 = 0x04;

/// A whole page whose checksum held.
pub(crate) struct Page {
    /// The packets that end on it.
    pub(crate) packets: Vec<Vec<u8>>,
    /// Granule position: frames up to the end of its last packet.
    pub(crate) position: u64,
    pub(crate) is_last: bool,
    /// Where it begins in the stream.
    pub(crate) offset: u64,
}

/// Collects pages of one logical stream and takes the packets out.
pub(crate) struct PageReader {
    /// The page under way, from its first byte.
    piece: Vec<u8>,
    offset: u64,
    serial: Option<u32>,
    packets: BasePacketReader,
    /// Bytes of packets that span pages and have not ended.
    open_packet_bytes: usize,
}

impl PageReader {
    pub(crate) fn new() -> Self {
        Self {
            piece: Vec::new(),
            offset: 0,
            serial: None,
            packets: BasePacketReader::new(),
            open_packet_bytes: 0,
        }
    }

    /// Bytes taken so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes bytes up to the end of the page under way; the page once it is whole.
    pub(crate) fn next_page(
        &mut self,
        bytes: &mut &[u8],
        longest_packet: usize,
    ) -> Result<Option<Page>, AudioError> {
        if !self.fill(bytes, HEADER_BYTES) {
            return self.check_magic().map(|()| None);
        }
        self.check_magic()?;
        let segments = usize::from(self.piece[HEADER_BYTES - 1]);
        if !self.fill(bytes, HEADER_BYTES + segments) {
            return Ok(None);
        }
        let body: usize =
            self.piece[HEADER_BYTES..HEADER_BYTES + segments].iter().map(|&size| usize::from(size)).sum();
        if !self.fill(bytes, HEADER_BYTES + segments + body) {
            return Ok(None);
        }
        let piece = std::mem::take(&mut self.piece);
        let offset = self.offset - piece.len() as u64;
        self.check_serial(&piece)?;
        self.check_packet_length(&piece[HEADER_BYTES..HEADER_BYTES + segments], longest_packet, offset)?;
        let packets = contain(|| unpack(&mut self.packets, &piece, segments))
            .ok_or_else(|| damaged(offset, "the page that begins here contradicts itself".to_owned()))?
            .map_err(|error| damaged(offset, format!("the page that begins here: {error}")))?;
        Ok(Some(Page {
            packets,
            position: u64::from_le_bytes(*piece[6..].first_chunk().expect("a page has 27 bytes")),
            is_last: piece[5] & LAST_PAGE != 0,
            offset,
        }))
    }

    /// Refuses a stream that ends inside a page.
    pub(crate) fn finish(&self) -> Result<(), AudioError> {
        if self.piece.is_empty() {
            return Ok(());
        }
        if !MAGIC.starts_with(&self.piece) {
            self.check_whole_magic()?;
        }
        let place = "an Ogg page";
        Err(AudioError::Truncated { encoding: Encoding::OggOpus, place, offset: self.offset })
    }

    fn fill(&mut self, bytes: &mut &[u8], wanted: usize) -> bool {
        let taken = bytes.len().min(wanted.saturating_sub(self.piece.len()));
        let (head, rest) = bytes.split_at(taken);
        self.piece.extend_from_slice(head);
        *bytes = rest;
        self.offset += taken as u64;
        self.piece.len() >= wanted
    }

    fn check_magic(&self) -> Result<(), AudioError> {
        if self.piece.len() < MAGIC.len() { Ok(()) } else { self.check_whole_magic() }
    }

    fn check_whole_magic(&self) -> Result<(), AudioError> {
        if self.piece.starts_with(MAGIC) {
            return Ok(());
        }
        match self.serial {
            None => {
                Err(AudioError::WrongMagic { expected: Encoding::OggOpus, beginning: beginning(&self.piece) })
            }
            Some(_) => {
                let offset = self.offset - self.piece.len() as u64;
                Err(damaged(offset, "no Ogg page begins here".to_owned()))
            }
        }
    }

    fn check_serial(&mut self, piece: &[u8]) -> Result<(), AudioError> {
        let serial = u32::from_le_bytes(*piece[14..].first_chunk().expect("a page has 27 bytes"));
        if *self.serial.get_or_insert(serial) == serial {
            return Ok(());
        }
        let feature = "more than one logical stream in an Ogg file".to_owned();
        Err(AudioError::Unsupported { encoding: Encoding::OggOpus, feature })
    }

    /// A segment of 255 bytes goes on in the next one.
    fn check_packet_length(
        &mut self,
        segments: &[u8],
        longest: usize,
        offset: u64,
    ) -> Result<(), AudioError> {
        for &segment in segments {
            self.open_packet_bytes += usize::from(segment);
            if self.open_packet_bytes > longest {
                return Err(damaged(offset, format!("a packet of more than {longest} bytes")));
            }
            if segment < 255 {
                self.open_packet_bytes = 0;
            }
        }
        Ok(())
    }
}

/// Hands a whole page to the Ogg library and takes the packets that end on it.
fn unpack(
    reader: &mut BasePacketReader,
    piece: &[u8],
    segments: usize,
) -> Result<Vec<Vec<u8>>, OggReadError> {
    let (header, rest) = piece.split_first_chunk::<HEADER_BYTES>().ok_or(OggReadError::InvalidData)?;
    let (mut parser, _) = PageParser::new(*header)?;
    parser.parse_segments(rest[..segments].to_vec());
    reader.push_page(parser.parse_packet_data(rest[segments..].to_vec())?)?;
    let mut packets = Vec::new();
    while let Some(packet) = reader.read_packet() {
        packets.push(packet.data);
    }
    Ok(packets)
}

fn damaged(offset: u64, problem: String) -> AudioError {
    AudioError::Damaged { encoding: Encoding::OggOpus, offset, problem }
}
