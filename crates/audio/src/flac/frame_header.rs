//! The header of a FLAC frame (RFC 9639 section 9.1), as far as finding frames needs it.

use super::checksum::crc8;

/// Whether some bytes begin with a frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameHeader {
    /// They do.
    Present,
    /// They do not.
    Absent,
    /// They may; more bytes will tell.
    Undecided,
}

impl FrameHeader {
    /// Looks at the beginning of `bytes` for the header of a frame of `channels`.
    pub(crate) fn at_start_of(bytes: &[u8], channels: u16) -> Self {
        match header_length(bytes, channels) {
            Ok(length) => match bytes.get(..=length) {
                None => Self::Undecided,
                Some(with_crc) if crc8(with_crc) == 0 => Self::Present,
                Some(_) => Self::Absent,
            },
            Err(verdict) => verdict,
        }
    }
}

/// Length without the CRC-8, from the fields before it.
fn header_length(bytes: &[u8], channels: u16) -> Result<usize, FrameHeader> {
    let byte = |index: usize| bytes.get(index).copied().ok_or(FrameHeader::Undecided);
    let check = |holds: bool| if holds { Ok(()) } else { Err(FrameHeader::Absent) };
    check(byte(0)? == 0xFF)?;
    check(byte(1)? & 0xFE == 0xF8)?;
    let (block_size, rate) = (byte(2)? >> 4, byte(2)? & 0x0F);
    check(block_size != 0 && rate != 0x0F)?;
    let (assignment, depth, reserved) = (byte(3)? >> 4, byte(3)? >> 1 & 7, byte(3)? & 1);
    let stereo = (8..=10).contains(&assignment) && channels == 2;
    check(stereo || assignment < 8 && u16::from(assignment) + 1 == channels)?;
    check(depth != 3 && reserved == 0)?;
    let uncommon_size = match block_size {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let uncommon_rate = match rate {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    Ok(4 + coded_number_length(byte(4)?)? + uncommon_size + uncommon_rate)
}

/// The frame's number is coded like UTF-8, in up to 7 bytes.
fn coded_number_length(first: u8) -> Result<usize, FrameHeader> {
    match first.leading_ones() {
        0 => Ok(1),
        length @ 2..=7 => Ok(length as usize),
        _ => Err(FrameHeader::Absent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xF8, 0xC9, 0x08, 0x00];
        bytes.push(crc8(&bytes));
        bytes
    }

    #[test]
    fn a_header_is_known_only_once_its_checksum_is_there() {
        let bytes = header();
        for length in 0..bytes.len() {
            assert_eq!(FrameHeader::at_start_of(&bytes[..length], 1), FrameHeader::Undecided, "{length}");
        }
        assert_eq!(FrameHeader::at_start_of(&bytes, 1), FrameHeader::Present);
    }

    #[test]
    fn another_number_of_channels_is_no_header_of_this_stream() {
        assert_eq!(FrameHeader::at_start_of(&header(), 2), FrameHeader::Absent);
    }

    #[test]
    fn any_flipped_bit_makes_it_no_header() {
        for bit in 0..48 {
            let mut bytes = header();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(FrameHeader::at_start_of(&bytes, 1), FrameHeader::Present, "{bit}");
        }
    }
}
