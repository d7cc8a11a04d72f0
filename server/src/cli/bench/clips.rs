//! The recordings that a load is made of.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use undertone_audio::{AudioLimits, read_all};

/// Synthesised speech with varied prosody, brought along so that the program needs no recording to be measured.
const BROUGHT_ALONG: &[u8] = include_bytes!("../../../../examples/demo/undertone-demo.wav");
/// More clips make a load no more varied; they are taken evenly from all that are there.
const MOST_CLIPS: usize = 64;
const ENDINGS: [&str; 5] = ["wav", "flac", "ogg", "opus", "oga"];

/// Decoded recordings, 16 kHz mono each.
#[derive(Debug)]
pub(super) struct Clips {
    pub(super) samples: Vec<Vec<f32>>,
    /// Recordings that were found.
    pub(super) found: usize,
}

/// Reads the recordings among `paths` and in the folders among them; the one that is brought along for none.
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Clips> {
    if paths.is_empty() {
        let samples = read_all(BROUGHT_ALONG, None, AudioLimits::default())?;
        return Ok(Clips { samples: vec![samples], found: 1 });
    }
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("there is no recording ({}) in {}", ENDINGS.join(", "), names(paths));
    }
    let samples = evenly(&files, MOST_CLIPS).map(decode).collect::<anyhow::Result<_>>()?;
    Ok(Clips { samples, found: files.len() })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_recording(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_recording(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn evenly(files: &[PathBuf], most: usize) -> impl Iterator<Item = &PathBuf> {
    let taken = files.len().min(most);
    (0..taken).map(move |number| &files[number * files.len() / taken])
}

fn decode(path: &PathBuf) -> anyhow::Result<Vec<f32>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let samples = read_all(&bytes, None, AudioLimits::default());
    samples.with_context(|| format!("{} cannot be decoded", path.display()))
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_taken_evenly_from_all_that_are_there() {
        let files: Vec<PathBuf> = (0..10).map(|number| PathBuf::from(number.to_string())).collect();
        let taken: Vec<_> = evenly(&files, 4).collect();
        assert_eq!(taken, [&files[0], &files[2], &files[5], &files[7]]);
        assert_eq!(evenly(&files, 64).count(), 10);
    }
}
