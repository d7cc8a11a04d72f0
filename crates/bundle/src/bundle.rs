//! A verified bundle.

use crate::files::mistakes_of_files;
use crate::mistakes::of_manifest;
use crate::{Acceptance, BundleError, Checksum, Golden, Manifest, Mistake, Provenance};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Name of the manifest in a bundle's folder.
pub const MANIFEST_FILE: &str = "bundle.toml";
/// Name of the model card in a bundle's folder.
pub const CARD_FILE: &str = "card.md";

const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// A bundle whose manifest and files were verified when it was opened.
#[derive(Debug, Clone)]
pub struct Bundle {
    dir: PathBuf,
    manifest: Manifest,
    checksum: Checksum,
    provenance: Provenance,
}

impl Bundle {
    /// Opens the bundle in `dir` whoever made it, with the usual bounds: reads the manifest, checks it, and compares every
    /// file with its checksum.
    ///
    /// # Errors
    /// [`BundleError::Read`] and [`BundleError::Parse`] when there is no manifest to check, else
    /// [`BundleError::Invalid`] with every mistake of manifest and files.
    pub fn open(dir: &Path) -> Result<Self, BundleError> {
        Self::open_accepted(dir, &Acceptance::default())
    }

    /// The same for a bundle that must also fulfil `acceptance`. Nothing of a manifest is understood before its signature
    /// was looked at.
    ///
    /// # Errors
    /// As [`Self::open`], and [`BundleError::Untrusted`].
    pub fn open_accepted(dir: &Path, acceptance: &Acceptance) -> Result<Self, BundleError> {
        let read_error =
            |file: &str, source| BundleError::Read { dir: dir.to_owned(), file: file.to_owned(), source };
        let real = fs::canonicalize(dir).map_err(|source| read_error(".", source))?;
        let text = read_manifest(&real).map_err(|source| read_error(MANIFEST_FILE, source))?;
        let provenance = acceptance.trust.judge(&real, &text)?;
        let manifest: Manifest = toml::from_str(&text).map_err(|source| BundleError::Parse {
            dir: dir.to_owned(),
            file: MANIFEST_FILE.to_owned(),
            source: Box::new(source),
        })?;
        let mut mistakes = of_manifest(&manifest);
        let of_files = mistakes_of_files(&real, &manifest, acceptance.bounds);
        mistakes.extend(of_files.map_err(|source| read_error(".", source))?);
        refuse(dir, mistakes)?;
        Ok(Self { dir: real, manifest, checksum: Checksum::of(text.as_bytes()), provenance })
    }

    /// The bundle's folder, absolute and without links.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the bundle says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Of the manifest's text; since that lists the checksums of all files, of everything in the bundle but the signature.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// Who vouches for it, as far as was asked.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Absolute path of a file that the manifest lists, for instance of a graph.
    pub fn path_of(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// The model card, Markdown.
    pub fn read_card(&self) -> Result<String, BundleError> {
        fs::read_to_string(self.dir.join(CARD_FILE)).map_err(|source| self.read_error(CARD_FILE, source))
    }

    /// The golden frames, `[time, dim]` row-major; `None` when the manifest names none.
    pub fn read_golden_frames(&self) -> Result<Option<Vec<f32>>, BundleError> {
        let Some(golden) = &self.manifest.golden else { return Ok(None) };
        let bytes = fs::read(self.path_of(&golden.frames))
            .map_err(|source| self.read_error(&golden.frames, source))?;
        let frames = Golden::decode_frames(&bytes).ok_or_else(|| {
            let changed =
                io::Error::new(io::ErrorKind::InvalidData, "it changed since the bundle was opened");
            self.read_error(&golden.frames, changed)
        })?;
        Ok(Some(frames))
    }

    fn read_error(&self, file: &str, source: io::Error) -> BundleError {
        BundleError::Read { dir: self.dir.clone(), file: file.to_owned(), source }
    }
}

/// Turns mistakes into an error, when there are any.
pub(crate) fn refuse(dir: &Path, mistakes: Vec<Mistake>) -> Result<(), BundleError> {
    if mistakes.is_empty() { Ok(()) } else { Err(BundleError::Invalid { dir: dir.to_owned(), mistakes }) }
}

pub(crate) fn read_manifest(dir: &Path) -> io::Result<String> {
    let path = dir.join(MANIFEST_FILE);
    if !fs::symlink_metadata(&path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
    }
    let mut text = String::new();
    File::open(&path)?.take(MAX_MANIFEST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_MANIFEST_BYTES {
        let what = format!("it is larger than {MAX_MANIFEST_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(text)
}
