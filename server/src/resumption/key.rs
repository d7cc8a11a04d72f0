//! The secret behind resume tokens.

use anyhow::{Context, anyhow};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const KEY_BYTES: usize = 32;
const FILE: &str = "resume.key";

/// Signs tokens. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct ResumeKey([u8; KEY_BYTES]);

impl std::fmt::Debug for ResumeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResumeKey(secret)")
    }
}

impl ResumeKey {
    /// The key that servers with the same setting share.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// A key that nobody else has.
    pub(crate) fn random() -> anyhow::Result<Self> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(|error| anyhow!("no random numbers are to be had: {error}"))?;
        Ok(Self(key))
    }

    /// The key that lies in `folder`, so that a server that starts again understands its own tokens; made when there is
    /// none.
    pub(crate) fn kept_in(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let new = Self::random()?;
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                file.write_all(&new.0).with_context(|| format!("cannot write {}", path.display()))?;
                Ok(new)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let key = bytes.as_slice().try_into().map_err(|_| {
                    anyhow!("{} holds {} bytes, not {KEY_BYTES}: remove it", path.display(), bytes.len())
                })?;
                Ok(Self(key))
            }
            Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
        }
    }

    pub(super) fn tag(&self, bytes: &[u8]) -> [u8; 32] {
        self.mac(bytes).finalize().into_bytes().into()
    }

    /// Whether `tag` is how the tag of `bytes` begins; takes as long whether it is or not.
    pub(super) fn made(&self, bytes: &[u8], tag: &[u8]) -> bool {
        self.mac(bytes).verify_truncated_left(tag).is_ok()
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length is a key");
        mac.update(bytes);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_key_and_another_one_has_another() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
        let first = ResumeKey::kept_in(one.path()).expect("writable");
        let again = ResumeKey::kept_in(one.path()).expect("readable");
        let different = ResumeKey::kept_in(other.path()).expect("writable");
        assert!(first.0 == again.0 && first.0 != different.0);
        fs::write(one.path().join(FILE), b"short").expect("writable");
        let refusal = ResumeKey::kept_in(one.path()).expect_err("damaged").to_string();
        assert!(refusal.contains("resume.key holds 5 bytes"), "{refusal}");
    }
}
