//! The fingerprint by which a bundle and an extractor agree on their features.

use crate::Recipe;
use sha2::{Digest, Sha256};
use undertone_core::Hex;

/// Grows with every change of the maths that changes frames by more than rounding.
const ALGORITHM_REVISION: u32 = 1;

impl Recipe {
    /// `sha256:` and the hexadecimal SHA-256 of the canonical JSON and of the revision of the maths.
    pub fn fingerprint(&self) -> String {
        let hashed = format!("undertone-features {ALGORITHM_REVISION}\n{}", self.to_json());
        format!("sha256:{}", Hex(&Sha256::digest(hashed)))
    }
}
