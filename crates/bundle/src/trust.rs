//! Who vouches for a bundle: a signature over its manifest, which holds the checksum of every file.
//!
//! Signatures and keys are those of minisign (Ed25519 over the BLAKE2b of the file), so that the tool of that name and ours
//! read each other's.

use crate::BundleError;
use minisign_verify::{Error as MinisignError, PublicKey, Signature};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Name of the signature in a bundle's folder. It is the one file that the manifest does not list.
pub const SIGNATURE_FILE: &str = "bundle.toml.minisig";

/// Ends the name of a file with a public key.
const KEY_ENDING: &str = "pub";
const MAX_TEXT_BYTES: u64 = 4096;

/// What is done about signatures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrustPolicy {
    /// Nobody looks at them.
    #[default]
    Off,
    /// They are looked at, and a bundle without a good one is opened nevertheless.
    Warn,
    /// A bundle without a good one is not opened.
    Require,
}

impl FromStr for TrustPolicy {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "off" => Ok(Self::Off),
            "warn" => Ok(Self::Warn),
            "require" => Ok(Self::Require),
            _ => Err("give \"off\", \"warn\" or \"require\"".into()),
        }
    }
}

/// Who must have signed a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// What is done about signatures.
    pub policy: TrustPolicy,
    /// Whose signatures are good: a file with a public key, or a folder of such files, `*.pub`. Read anew for every bundle,
    /// so that keys can come and go.
    pub keys: Option<PathBuf>,
}

/// What is known about who vouches for a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// Nobody looked.
    NotLookedAt,
    /// The signature of a trusted key fits the manifest.
    Signed {
        /// The name of the key's file.
        key: String,
        /// What the signer said, signed too.
        comment: String,
    },
    /// There is no good signature, and why.
    Doubtful(String),
}

/// A public key with the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The name of its file, without the ending.
    pub name: String,
    key: PublicKey,
}

impl Trust {
    /// The keys as they are now, by name.
    pub fn read_keys(&self) -> Result<Vec<TrustedKey>, BundleError> {
        let Some(path) = &self.keys else { return Ok(Vec::new()) };
        let mut files = vec![path.clone()];
        if path.is_dir() {
            let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            let entries = entries.map_err(|why| BundleError::key(path, why.to_string()))?;
            files = entries.into_iter().map(|entry| entry.path()).collect();
            files.retain(|file| file.extension().is_some_and(|ending| ending == KEY_ENDING));
            files.sort();
        }
        files.iter().map(|file| TrustedKey::read(file)).collect()
    }

    /// Looks at the signature of the manifest `text` of the bundle in `dir`.
    pub(crate) fn judge(&self, dir: &Path, text: &str) -> Result<Provenance, BundleError> {
        if self.policy == TrustPolicy::Off {
            return Ok(Provenance::NotLookedAt);
        }
        let judged = self.look(dir, text);
        match (judged, self.policy) {
            (Ok(provenance), _) => Ok(provenance),
            (Err(why), TrustPolicy::Require) => Err(BundleError::Untrusted { dir: dir.to_owned(), why }),
            (Err(why), _) => Ok(Provenance::Doubtful(why)),
        }
    }

    fn look(&self, dir: &Path, text: &str) -> Result<Provenance, String> {
        let signature = read_signature(dir)?;
        let keys = self.read_keys().map_err(|error| error.to_string())?;
        for TrustedKey { name, key } in keys {
            match key.verify(text.as_bytes(), &signature, false) {
                Ok(()) => {
                    let comment = signature.trusted_comment().to_owned();
                    return Ok(Provenance::Signed { key: name, comment });
                }
                Err(MinisignError::UnexpectedKeyId) => {}
                Err(MinisignError::InvalidSignature) => {
                    return Err(format!(
                        "its signature by {name} does not fit its manifest, which was changed"
                    ));
                }
                Err(why) => return Err(format!("its signature by {name} cannot be used: {why}")),
            }
        }
        Err(match &self.keys {
            Some(path) => format!("it is signed by a key that is not in {}", path.display()),
            None => "it is signed, and no key is trusted".to_owned(),
        })
    }
}

impl TrustedKey {
    /// Reads a file that holds one public key, as minisign writes it.
    pub fn read(file: &Path) -> Result<Self, BundleError> {
        let text = read_text(file).map_err(|why| BundleError::key(file, why.to_string()))?;
        let key = PublicKey::decode(&text).map_err(|why| BundleError::key(file, why.to_string()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, key })
    }
}

fn read_signature(dir: &Path) -> Result<Signature, String> {
    let path = dir.join(SIGNATURE_FILE);
    match fs::symlink_metadata(&path) {
        Err(_) => return Err("it is not signed".into()),
        Ok(file) if !file.is_file() => return Err("its signature is not a plain file".into()),
        Ok(_) => {}
    }
    let text = read_text(&path).map_err(|why| format!("its signature cannot be read: {why}"))?;
    Signature::decode(&text).map_err(|why| format!("its signature cannot be understood: {why}"))
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_TEXT_BYTES).read_to_string(&mut text)?;
    Ok(text)
}
