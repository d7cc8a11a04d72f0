//! A key as its owner holds it, and the digest by which the server knows it.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use undertone_core::Hex;

/// What every key begins with, so that scanners find one that was published by mistake.
const PREFIX: &str = "utk";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// A key as its owner holds it: `utk_ID_SECRET`, in hexadecimal digits. `Debug` shows no secret.
#[derive(Clone)]
pub(crate) struct ApiKey {
    text: String,
}

/// SHA-256 of a key. A key has 256 random bits, so its digest need not be slow to make: there is no dictionary to try.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyDigest([u8; 32]);

impl ApiKey {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; ID_BYTES], [0; SECRET_BYTES]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        Ok(Self { text: format!("{PREFIX}_{}_{}", Hex(&id), Hex(&secret)) })
    }

    /// A key that somebody shows; `None` when it cannot be one.
    pub(crate) fn shown(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.strip_prefix('_')?.split_once('_')?;
        let is_hexadecimal = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let fits = id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES;
        (fits && is_hexadecimal(id) && is_hexadecimal(secret)).then(|| Self { text: text.to_owned() })
    }

    /// The part that may be shown, in logs and lists.
    pub(crate) fn id(&self) -> &str {
        let start = PREFIX.len() + 1;
        &self.text[start..start + 2 * ID_BYTES]
    }

    /// By which the server knows it.
    pub(crate) fn digest(&self) -> KeyDigest {
        KeyDigest(Sha256::digest(self.text.as_bytes()).into())
    }

    /// The whole key, for its owner.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}, secret)", self.id())
    }
}

impl KeyDigest {
    /// From the 64 hexadecimal digits that are stored.
    pub(crate) fn of_digits(digits: &str) -> Option<Self> {
        let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
        Some(Self(bytes?.try_into().ok()?))
    }

    /// As it is stored.
    pub(crate) fn digits(&self) -> String {
        Hex(&self.0).to_string()
    }

    /// Whether it is the digest of the same key; takes as long for every other one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_shown_is_the_one_that_was_made() {
        let made = ApiKey::generate().unwrap();
        let shown = ApiKey::shown(made.reveal()).unwrap();
        assert!(shown.digest().is(&made.digest()) && shown.id() == made.id());
        let stored = KeyDigest::of_digits(&made.digest().digits()).unwrap();
        assert!(stored.is(&made.digest()));
        assert!(!stored.is(&ApiKey::generate().unwrap().digest()));
    }

    #[test]
    fn nothing_shows_the_secret_by_accident() {
        let key = ApiKey::generate().unwrap();
        let secret = key.reveal().rsplit('_').next().unwrap();
        assert!(!format!("{key:?}").contains(secret));
    }

    #[test]
    fn what_is_no_key_is_told_from_one() {
        let good = ApiKey::generate().unwrap().reveal().to_owned();
        let upper = good.to_uppercase();
        let longer = format!("{good}0");
        for text in ["", "utk", "utk__", "utk_ä_ö", &good[1..], &upper, &longer] {
            assert!(ApiKey::shown(text).is_none(), "{text}");
        }
    }
}
