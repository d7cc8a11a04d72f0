//! What is recognised: files, folders, patterns and standard input.

use anyhow::{Context, bail};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use undertone_audio::{AudioLimits, Encoding, read_all};

/// How standard input is written.
const STDIN: &str = "-";
/// How the names of recordings end.
const ENDINGS: [&str; 5] = ["wav", "flac", "ogg", "oga", "opus"];

/// So many bytes of a file tell what it is, and how it begins if it is none.
const FIRST_BYTES: u64 = 16;
const UNREADABLE: &str = "it cannot be read";

/// Where a recording is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    File {
        path: PathBuf,
        /// What a file of its own is called, without an ending: for one that a folder stands for, where it lies in there.
        own: PathBuf,
    },
    StandardInput,
}

impl Source {
    /// Everything that `names` stand for. A folder stands for the recordings in it and below it, a pattern such as `*.wav` for
    /// the files that it fits, each sorted by name.
    ///
    /// # Errors
    /// When a folder or a pattern stands for nothing, or standard input is named twice.
    pub(super) fn all(names: &[PathBuf]) -> anyhow::Result<Vec<Self>> {
        let mut sources = Vec::new();
        for name in names {
            match name.to_str() {
                Some(STDIN) if sources.contains(&Self::StandardInput) => {
                    bail!("{STDIN} is named twice; standard input can be read once")
                }
                Some(STDIN) => sources.push(Self::StandardInput),
                _ if name.is_dir() => sources.extend(in_folder(name)?),
                Some(pattern) if !name.exists() && pattern.contains(['*', '?', '[']) => {
                    sources.extend(fitting(pattern)?);
                }
                _ => sources.push(Self::file(name.clone())),
            }
        }
        Ok(sources)
    }

    /// One that is called as it is itself.
    fn file(path: PathBuf) -> Self {
        let own = path.file_stem().map(PathBuf::from).unwrap_or_default();
        Self::File { path, own }
    }

    /// The whole recording. What is none by its first bytes is refused before the others are read.
    pub(super) fn read(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::File { path, .. } => recording(File::open(path).context(UNREADABLE)?),
            Self::StandardInput => recording(std::io::stdin().lock()),
        }
    }

    /// The name of a file of its own, without an ending; below folders where the recording is.
    pub(super) fn own_file(&self) -> &Path {
        match self {
            Self::File { own, .. } => own,
            Self::StandardInput => Path::new("stdin"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => path.display().fmt(f),
            Self::StandardInput => f.write_str("(standard input)"),
        }
    }
}

fn in_folder(folder: &Path) -> anyhow::Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(inner) = left.pop() {
        let entries = std::fs::read_dir(&inner);
        for entry in entries.with_context(|| format!("{} cannot be read", inner.display()))? {
            let entry = entry.with_context(|| format!("{} cannot be read", inner.display()))?;
            // A link to a folder is not followed: it may lead round in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                left.push(entry.path());
            } else if is_recording(&entry.path()) {
                let path = entry.path();
                let own = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
                found.push(Source::File { path, own });
            }
        }
    }
    if found.is_empty() {
        bail!("{} holds no recording ({})", folder.display(), ENDINGS.join(", "));
    }
    found.sort();
    Ok(found)
}

fn recording(mut file: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.by_ref().take(FIRST_BYTES).read_to_end(&mut bytes).context(UNREADABLE)?;
    if Encoding::sniff(&bytes).is_none() {
        read_all(&bytes, None, AudioLimits::default())?;
    }
    file.read_to_end(&mut bytes).context(UNREADABLE)?;
    Ok(bytes)
}

fn is_recording(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn fitting(pattern: &str) -> anyhow::Result<Vec<Source>> {
    let paths = glob::glob(pattern).with_context(|| format!("{pattern:?} is not a pattern"))?;
    let files: Vec<_> = paths.flatten().filter(|path| path.is_file()).map(Source::file).collect();
    if files.is_empty() {
        bail!("no file fits {pattern:?}");
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recording_is_refused_by_its_first_bytes() {
        let refusal = format!("{:#}", recording(std::io::repeat(b'x')).expect_err("there is no end of it"));
        assert!(refusal.contains("not a WAV, FLAC or Ogg file: it begins with \"xxxx"), "{refusal}");
        assert!(recording(&b""[..]).expect_err("nothing").to_string().contains("no byte"));
        let whole = [b"RIFF".as_slice(), &[7; 100]].concat();
        assert_eq!(recording(whole.as_slice()).expect("perhaps a recording"), whole);
    }

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn names(sources: &[Source], folder: &Path) -> Vec<String> {
        let below = |source: &Source| match source {
            Source::File { path, .. } => path.strip_prefix(folder).unwrap().display().to_string(),
            Source::StandardInput => STDIN.into(),
        };
        sources.iter().map(below).collect()
    }

    #[test]
    fn a_folder_stands_for_the_recordings_below_it_in_order() {
        let folder = folder_with(&["b.wav", "a/c.FLAC", "a/notes.txt", "z.opus"]);
        let sources = Source::all(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(&sources, folder.path()), ["a/c.FLAC", "b.wav", "z.opus"]);
        let own: Vec<&Path> = sources.iter().map(Source::own_file).collect();
        assert_eq!(own, ["a/c", "b", "z"].map(Path::new), "a file of their own lies as they do");
    }

    #[test]
    fn a_pattern_stands_for_the_files_that_it_fits() {
        let folder = folder_with(&["1.wav", "2.wav", "3.flac"]);
        let sources = Source::all(&[folder.path().join("*.wav")]).unwrap();
        assert_eq!(names(&sources, folder.path()), ["1.wav", "2.wav"]);
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let folder = folder_with(&["notes.txt"]);
        let said = |name: PathBuf| Source::all(&[name]).unwrap_err().to_string();
        assert!(said(folder.path().to_owned()).contains("holds no recording"));
        assert!(said(folder.path().join("*.wav")).contains("no file fits"));
        assert!(Source::all(&[STDIN.into(), STDIN.into()]).is_err());
    }
}
