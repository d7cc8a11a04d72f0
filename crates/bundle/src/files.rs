//! The files of a bundle: where they may lie, and whether they are what the manifest says.

use crate::bundle::MANIFEST_FILE;
use crate::{Bounds, Checksum, Manifest, Mistake, SIGNATURE_FILE};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

/// A file of a bundle may have this many bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 30;
/// A bundle may have this many files.
pub const MAX_FILES: usize = 256;
/// Folders in folders are followed this deep.
pub(crate) const MAX_DEPTH: usize = 8;

/// What is wrong with `path` as a path inside a bundle.
pub(crate) fn path_mistake(path: &str) -> Option<&'static str> {
    let parts = Path::new(path).components();
    if path.is_empty() {
        Some("is empty")
    } else if path == MANIFEST_FILE {
        Some("is the manifest, which cannot hold its own checksum")
    } else if path == SIGNATURE_FILE {
        Some("is the signature over the manifest, which cannot hold its checksum")
    } else if !parts.clone().all(|part| matches!(part, Component::Normal(_))) {
        Some("leaves the bundle: only relative paths without .. are possible")
    } else if parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/") != path {
        Some("is not spelled plainly: one / between parts and nothing else")
    } else {
        None
    }
}

/// Compares what lies in `dir`, an absolute path without links, with what `manifest` lists. Files outside
/// `dir` are never opened, and no file of a bundle that is out of `bounds`.
pub(crate) fn mistakes_of_files(dir: &Path, manifest: &Manifest, bounds: Bounds) -> io::Result<Vec<Mistake>> {
    let present = list_files(dir)?;
    if let Some(what) = size_mistake(dir, &present, bounds) {
        return Ok(vec![Mistake { file: ".".to_owned(), what }]);
    }
    let mut mistakes = Vec::new();
    for (path, expected) in &manifest.files {
        // A path or checksum that is spelled wrongly was reported with the manifest.
        if let (None, Ok(expected)) = (path_mistake(path), expected.parse())
            && let Err(what) = verify(dir, path, expected).and_then(|()| verify_golden(dir, path, manifest))
        {
            mistakes.push(Mistake { file: path.clone(), what });
        }
    }
    for file in present {
        if !manifest.files.contains_key(&file) {
            mistakes
                .push(Mistake { file, what: "lies in the folder but is not listed in [files]".to_owned() });
        }
    }
    Ok(mistakes)
}

/// What is wrong with number and size of the files, as the file system gives them.
fn size_mistake(dir: &Path, present: &[String], bounds: Bounds) -> Option<String> {
    let Bounds { max_files, max_bytes, .. } = bounds;
    if present.len() > max_files {
        return Some(format!("holds more than {max_files} files, which is the limit"));
    }
    let size = |file: &String| fs::symlink_metadata(dir.join(file)).map_or(0, |found| found.len());
    let bytes: u64 = present.iter().map(size).fold(0, u64::saturating_add);
    (bytes > max_bytes).then(|| format!("its files have {bytes} bytes together, {max_bytes} are possible"))
}

fn verify(dir: &Path, path: &str, expected: Checksum) -> Result<(), String> {
    let real = fs::canonicalize(dir.join(path)).map_err(|why| format!("cannot be read: {why}"))?;
    if !real.starts_with(dir) {
        return Err(format!("is a link out of the bundle, to {}", real.display()));
    }
    let size = fs::metadata(&real).map_err(|why| format!("cannot be read: {why}"))?;
    if !size.is_file() {
        return Err("is not a plain file".to_owned());
    }
    if size.len() > MAX_FILE_BYTES {
        return Err(format!("has {} bytes, {MAX_FILE_BYTES} are possible", size.len()));
    }
    let found = File::open(&real)
        .and_then(|file| Checksum::of_reader(file.take(MAX_FILE_BYTES)))
        .map_err(|why| format!("cannot be read: {why}"))?;
    if found != expected {
        return Err(format!("has checksum {found}, the manifest says {expected}"));
    }
    Ok(())
}

/// Looks into the file when it is the one of the golden frames.
fn verify_golden(dir: &Path, path: &str, manifest: &Manifest) -> Result<(), String> {
    let golden = manifest.golden.as_ref().filter(|golden| golden.frames == path);
    golden
        .and_then(|golden| golden.mistake_of_file(&dir.join(path), manifest.features.dim))
        .map_or(Ok(()), Err)
}

/// The files in `dir` but the manifest and its signature, in order.
pub(crate) fn list_files(dir: &Path) -> io::Result<Vec<String>> {
    let mut present = Vec::new();
    list(dir, "", MAX_DEPTH, &mut present)?;
    present.retain(|file| file != MANIFEST_FILE && file != SIGNATURE_FILE);
    present.sort_unstable();
    Ok(present)
}

fn list(dir: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir.join(prefix))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = match prefix {
            "" => name.to_string_lossy().into_owned(),
            prefix => format!("{prefix}/{}", name.to_string_lossy()),
        };
        if entry.file_type()?.is_dir() && depth > 0 {
            list(dir, &path, depth - 1, found)?;
        } else {
            found.push(path);
        }
        if found.len() > MAX_FILES + 2 {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_are_possible() {
        assert_eq!(path_mistake("weights/whole.onnx"), None);
        for path in ["", "/etc/passwd", "../x", "a/../../x", "./x", "a//b", "a/", "bundle.toml", "a/./b"] {
            assert!(path_mistake(path).is_some(), "{path:?}");
        }
    }
}
