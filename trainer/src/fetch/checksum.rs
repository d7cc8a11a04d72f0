//! The checksum that a record publishes.

use crate::TrainError;
use md5::Digest;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

const BLOCK_BYTES: usize = 1 << 16;

/// An MD5 checksum (RFC 1321). It finds damaged downloads; it does not withstand forgery, against which HTTPS stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Md5([u8; 16]);

impl Md5 {
    /// The checksum of a file's content.
    pub fn of_file(path: &Path) -> Result<Self, TrainError> {
        let mut file = File::open(path).map_err(TrainError::file("open", path))?;
        let mut hasher = md5::Md5::new();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            match file.read(&mut block).map_err(TrainError::file("read", path))? {
                0 => return Ok(Self(hasher.finalize().into())),
                read => hasher.update(&block[..read]),
            }
        }
    }

    /// The checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(md5::Md5::digest(bytes).into())
    }
}

impl FromStr for Md5 {
    type Err = String;

    /// Reads 32 hexadecimal digits; `md5:` may stand before them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("md5:").unwrap_or(text);
        let refusal = || format!("`{text}` is no MD5 checksum: 32 hexadecimal digits are needed");
        if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refusal());
        }
        let number = u128::from_str_radix(digits, 16).map_err(|_| refusal())?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_rfc_1321() {
        assert_eq!(Md5::of(b"abc").to_string(), "900150983cd24fb0d6963f7d28e17f72");
        let read: Md5 = "md5:900150983CD24FB0D6963F7D28E17F72".parse().expect("a checksum");
        assert_eq!(read, Md5::of(b"abc"));
    }

    #[test]
    fn only_32_hexadecimal_digits_are_a_checksum() {
        for text in ["", "abc", "+00150983cd24fb0d6963f7d28e17f72", "g00150983cd24fb0d6963f7d28e17f72"] {
            assert!(text.parse::<Md5>().is_err(), "{text}");
        }
    }
}
