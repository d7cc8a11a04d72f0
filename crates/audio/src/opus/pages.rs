//! Ogg pages (RFC 3533 section 6) from pushed bytes.

use crate::error::beginning;
use crate::piece::Piece;
use crate::{AudioError, Encoding};
use ruopus::ogg;

const MAGIC: &[u8; 4] = b"OggS";
const HEADER_BYTES: usize = 27;

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
    piece: Piece,
    /// Serial and sequence number of the page before.
    previous: Option<(u32, u32)>,
    /// The packet that goes on on the next page.
    open_packet: Option<Vec<u8>>,
}

impl PageReader {
    pub(crate) fn new() -> Self {
        Self { piece: Piece::default(), previous: None, open_packet: None }
    }

    /// Bytes taken so far.
    pub(crate) fn offset(&self) -> u64 {
        self.piece.offset()
    }

    /// Takes bytes up to the end of the page under way; the page once it is whole.
    pub(crate) fn next_page(
        &mut self,
        bytes: &mut &[u8],
        longest_packet: usize,
    ) -> Result<Option<Page>, AudioError> {
        if !self.piece.fill(bytes, HEADER_BYTES) {
            return self.check_magic().map(|()| None);
        }
        self.check_magic()?;
        let segments = usize::from(self.piece.bytes()[HEADER_BYTES - 1]);
        if !self.piece.fill(bytes, HEADER_BYTES + segments) {
            return Ok(None);
        }
        let table = &self.piece.bytes()[HEADER_BYTES..HEADER_BYTES + segments];
        let body: usize = table.iter().map(|&size| usize::from(size)).sum();
        if !self.piece.fill(bytes, HEADER_BYTES + segments + body) {
            return Ok(None);
        }
        let offset = self.piece.start();
        let piece = self.piece.take();
        let (page, _) = ogg::Page::parse(&piece)
            .map_err(|error| damaged(offset, format!("the page that begins here: {error}")))?;
        self.check_succession(&page, offset)?;
        let packets = self.take_packets(&page, longest_packet, offset)?;
        Ok(Some(Page { packets, position: page.granule_position, is_last: page.eos, offset }))
    }

    /// Refuses a stream that ends inside a page.
    pub(crate) fn finish(&self) -> Result<(), AudioError> {
        if self.piece.bytes().is_empty() {
            return Ok(());
        }
        if !MAGIC.starts_with(self.piece.bytes()) {
            self.check_whole_magic()?;
        }
        let place = "an Ogg page";
        Err(AudioError::Truncated { encoding: Encoding::OggOpus, place, offset: self.piece.offset() })
    }

    fn check_magic(&self) -> Result<(), AudioError> {
        if self.piece.bytes().len() < MAGIC.len() { Ok(()) } else { self.check_whole_magic() }
    }

    fn check_whole_magic(&self) -> Result<(), AudioError> {
        if self.piece.bytes().starts_with(MAGIC) {
            return Ok(());
        }
        match self.previous {
            None => Err(AudioError::WrongMagic {
                expected: Encoding::OggOpus,
                beginning: beginning(self.piece.bytes()),
            }),
            Some(_) => Err(damaged(self.piece.start(), "no Ogg page begins here".to_owned())),
        }
    }

    /// Refuses other logical streams and missing pages.
    fn check_succession(&mut self, page: &ogg::Page<'_>, offset: u64) -> Result<(), AudioError> {
        let (serial, sequence) = self.previous.unwrap_or((page.serial, page.sequence.wrapping_sub(1)));
        if page.serial != serial {
            let feature = "more than one logical stream in an Ogg file".to_owned();
            return Err(AudioError::Unsupported { encoding: Encoding::OggOpus, feature });
        }
        if page.sequence != sequence.wrapping_add(1) {
            return Err(damaged(offset, "a page is missing before this one".to_owned()));
        }
        if page.continued != self.open_packet.is_some() {
            return Err(damaged(offset, "the page does not go on where the one before ended".to_owned()));
        }
        self.previous = Some((page.serial, page.sequence));
        Ok(())
    }

    /// The packets that end on `page`. A segment of 255 bytes goes on in the next one.
    fn take_packets(
        &mut self,
        page: &ogg::Page<'_>,
        longest: usize,
        offset: u64,
    ) -> Result<Vec<Vec<u8>>, AudioError> {
        let (mut packets, mut body) = (Vec::new(), page.body);
        for &segment in page.segments {
            let (bytes, rest) = body.split_at(usize::from(segment).min(body.len()));
            body = rest;
            let packet = self.open_packet.get_or_insert_default();
            packet.extend_from_slice(bytes);
            if packet.len() > longest {
                return Err(damaged(offset, format!("a packet of more than {longest} bytes")));
            }
            if segment < 255 {
                packets.extend(self.open_packet.take());
            }
        }
        Ok(packets)
    }
}

fn damaged(offset: u64, problem: String) -> AudioError {
    AudioError::Damaged { encoding: Encoding::OggOpus, offset, problem }
}
