//! The stable hash.

use sha2::{Digest, Sha256};

/// In front of everything that is hashed. Another way of hashing gets another name.
const VERSION: &str = "undertone-bucket-1";
/// Bytes of the digest that count: 48 bits, which a double holds exactly.
const DIGEST_BYTES: usize = 6;

/// What a bucket is drawn for. Draws for different purposes are independent, even with one salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Whether a unit is kept out of all experiments.
    Holdout,
    /// Which part of a layer a unit falls into.
    Layer,
    /// Which arm it gets.
    Arm,
}

/// A place among [`Bucket::COUNT`].
///
/// `SHA-256(VERSION 00 PURPOSE 00 SALT 00 KEY)`, where `VERSION` is `undertone-bucket-1`, `PURPOSE` is `holdout`,
/// `layer` or `arm`, each part is UTF-8 and `00` is one zero byte. The first 6 bytes of the digest, read as an
/// unsigned big-endian number, modulo 10,000 are the bucket. In Python:
///
/// ```python
/// text = "\0".join(["undertone-bucket-1", purpose, salt, key])
/// bucket = int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) % 10_000
/// ```
///
/// In TypeScript, where 48 bits are an exact `number`:
///
/// ```typescript
/// const text = ["undertone-bucket-1", purpose, salt, key].join("\0");
/// const bucket = parseInt(createHash("sha256").update(text).digest("hex").slice(0, 12), 16) % 10_000;
/// ```
///
/// A bucket is off from equally likely by less than 4e-11 of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket(u16);

impl Purpose {
    /// The name that is hashed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holdout => "holdout",
            Self::Layer => "layer",
            Self::Arm => "arm",
        }
    }
}

impl Bucket {
    /// How many there are: one is a hundredth of a percent of all units.
    pub const COUNT: u16 = 10_000;

    /// The bucket of `key`. A `salt` holds no zero byte, see [`Definition`](crate::Definition).
    pub fn of(purpose: Purpose, salt: &str, key: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [VERSION, purpose.name(), salt] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(key);
        let digest = hash.finalize();
        let number = digest.iter().take(DIGEST_BYTES).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        // A remainder of 10,000 fits.
        Self((number % u64::from(Self::COUNT)) as u16)
    }

    /// The place, from 0.
    pub const fn index(self) -> u16 {
        self.0
    }
}
