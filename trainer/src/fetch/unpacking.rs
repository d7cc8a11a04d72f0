//! Clips out of a zip file that nobody vouches for but a checksum.

use super::Step;
use super::partial::beside;
use crate::TrainError;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;
use zip::result::ZipError;

const MAX_ENTRIES: usize = 100_000;
/// Ten minutes of stereo at 48 kHz in 16 bits take 115 MB.
const MAX_CLIP_BYTES: u64 = 128 << 20;
const MAX_TOTAL_BYTES: u64 = 8 << 30;
const BLOCK_BYTES: usize = 1 << 16;

/// What unpacking did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unpacked {
    /// Clips written.
    pub written: usize,
    /// Clips that were there already, byte by byte.
    pub kept: usize,
    /// Entries left out because they are no WAV files.
    pub left_out: usize,
}

/// A clip to be unpacked.
struct Planned {
    entry: usize,
    bytes: u64,
    path: PathBuf,
}

type Archive = ZipArchive<BufReader<File>>;

/// Unpacks the WAV files of `archive` into `folder`. Every entry is checked before the first is written: its path
/// stays in the folder, its size is within the limits, and a file that lies there already is the same.
pub(super) fn unpack(
    archive: &Path,
    folder: &Path,
    report: &mut dyn FnMut(Step),
) -> Result<Unpacked, TrainError> {
    let refusal = |mistakes| TrainError::Unpack { archive: archive.to_owned(), mistakes };
    let file = File::open(archive).map_err(TrainError::file("open", archive))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| refusal(vec![error.to_string()]))?;
    let entries = zip.len();
    let planned = plan(&mut zip).map_err(refusal)?;
    let missing = missing(&mut zip, &planned, folder).map_err(refusal)?;
    let kept = planned.len() - missing.len();
    for (done, clip) in missing.iter().enumerate() {
        report(Step::Unpacking { done: kept + done, total: planned.len() });
        write(&mut zip, clip, &folder.join(&clip.path)).map_err(|mistake| refusal(vec![mistake]))?;
    }
    report(Step::Unpacking { done: planned.len(), total: planned.len() });
    Ok(Unpacked { written: missing.len(), kept, left_out: entries - planned.len() })
}

/// The WAV files of `zip` and where they belong, or every reason against it.
fn plan(zip: &mut Archive) -> Result<Vec<Planned>, Vec<String>> {
    if zip.len() > MAX_ENTRIES {
        return Err(vec![format!("it has {} entries; {MAX_ENTRIES} are allowed", zip.len())]);
    }
    let (mut planned, mut mistakes) = (Vec::new(), Vec::new());
    let (mut paths, mut total_bytes) = (HashSet::new(), 0_u64);
    for entry in 0..zip.len() {
        match planned_entry(zip, entry) {
            Ok(Some(clip)) if !paths.insert(clip.path.to_string_lossy().to_lowercase()) => {
                mistakes.push(format!("`{}` is in it twice", clip.path.display()));
            }
            Ok(Some(clip)) => {
                total_bytes = total_bytes.saturating_add(clip.bytes);
                planned.push(clip);
            }
            Ok(None) => {}
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if total_bytes > MAX_TOTAL_BYTES {
        mistakes.push(format!("its clips are {total_bytes} bytes together; {MAX_TOTAL_BYTES} are allowed"));
    }
    if mistakes.is_empty() { Ok(planned) } else { Err(mistakes) }
}

/// `None` for what is no WAV file.
fn planned_entry(zip: &mut Archive, entry: usize) -> Result<Option<Planned>, String> {
    let found = zip.by_index_raw(entry).map_err(|error| format!("entry {entry}: {error}"))?;
    let name = found.name().map_err(|error| format!("entry {entry}: {error}"))?.into_owned();
    let path = inner_path(&name).ok_or_else(|| format!("`{name}` would leave the folder"))?;
    let is_wav = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
    if found.is_dir() || !is_wav || is_hidden(&path) {
        return Ok(None);
    }
    if found.is_symlink() {
        return Err(format!("`{name}` is a link"));
    }
    if found.encrypted() {
        return Err(format!("`{name}` is encrypted"));
    }
    if found.size() > MAX_CLIP_BYTES {
        return Err(format!("`{name}` has {} bytes; {MAX_CLIP_BYTES} are allowed", found.size()));
    }
    Ok(Some(Planned { entry, bytes: found.size(), path }))
}

/// `name` as a path of plain names; `None` when it is anything else.
fn inner_path(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let is_plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    (is_plain && !name.is_empty() && !name.contains(['\\', '\0', ':'])).then(|| path.to_owned())
}

/// Some systems put a file of attributes beside each file, with a dot before its name.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The clips that are not in the folder yet, or which files are in their way.
fn missing<'a>(
    zip: &mut Archive,
    planned: &'a [Planned],
    folder: &Path,
) -> Result<Vec<&'a Planned>, Vec<String>> {
    let (mut missing, mut mistakes) = (Vec::new(), Vec::new());
    for clip in planned {
        let path = folder.join(&clip.path);
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(clip),
            Err(error) => mistakes.push(format!("{}: {error}", path.display())),
            Ok(_) => match is_same(zip, clip, &path) {
                Ok(true) => {}
                Ok(false) => mistakes.push(format!("{} is there already and differs", path.display())),
                Err(error) => mistakes.push(format!("{}: {error}", path.display())),
            },
        }
    }
    if mistakes.is_empty() { Ok(missing) } else { Err(mistakes) }
}

fn is_same(zip: &mut Archive, clip: &Planned, path: &Path) -> Result<bool, ZipError> {
    if path.metadata()?.len() != clip.bytes {
        return Ok(false);
    }
    let mut there = File::open(path)?;
    let mut entry = zip.by_index(clip.entry)?.take(clip.bytes);
    let (mut left, mut right) = (vec![0; BLOCK_BYTES], vec![0; BLOCK_BYTES]);
    loop {
        let read = entry.read(&mut left)?;
        if read == 0 {
            return Ok(true);
        }
        there.read_exact(&mut right[..read])?;
        if left[..read] != right[..read] {
            return Ok(false);
        }
    }
}

/// Writes a clip whole or not at all.
fn write(zip: &mut Archive, clip: &Planned, path: &Path) -> Result<(), String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", clip.path.display());
    let unfinished = beside(path, ".unfinished");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| named(&error))?;
    }
    let entry = zip.by_index(clip.entry).map_err(|error| named(&error))?;
    let mut file = File::create(&unfinished).map_err(|error| named(&error))?;
    // One byte more than told shows an entry that lies about its size.
    let bytes = io::copy(&mut entry.take(clip.bytes + 1), &mut file).map_err(|error| named(&error))?;
    if bytes != clip.bytes {
        return Err(named(&format!("it has not the {} bytes that the zip file tells", clip.bytes)));
    }
    fs::rename(&unfinished, path).map_err(|error| named(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        for name in ["../a.wav", "a/../../b.wav", "/a.wav", "a\\..\\b.wav", "C:a.wav", "./a.wav", ""] {
            assert_eq!(inner_path(name), None, "{name}");
        }
        assert_eq!(inner_path("Actor_01/a.wav"), Some("Actor_01/a.wav".into()));
    }
}
