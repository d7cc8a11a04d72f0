//! Labelled clips and where they are found.

use super::{ClipName, Speaker, index};
use crate::TrainError;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_core::Emotion;

const INDEX_FILE: &str = "index.csv";
const EXTENSIONS: [&str; 3] = ["flac", "wav", "ogg"];

/// A labelled audio file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Where it lies.
    pub path: PathBuf,
    /// Who speaks.
    pub speaker: Speaker,
    /// The acted emotion.
    pub emotion: Emotion,
}

/// The spoken clips under `folder`, ordered by path: those of `corpus` in `index.csv` if there is one, else
/// all audio files, labelled by their RAVDESS names. Sung clips are left out. Fails for a file whose name
/// says no label.
pub fn read_clips(folder: &Path, corpus: &str) -> Result<Vec<Clip>, TrainError> {
    let list = folder.join(INDEX_FILE);
    let found = if list.is_file() {
        let text = fs::read_to_string(&list).map_err(TrainError::file("read", &list))?;
        index::parse(&text, folder, corpus)
    } else {
        let mut files = Vec::new();
        collect_audio(folder, &mut files)?;
        named_clips(files)
    };
    let mut clips = found.map_err(|mistakes| TrainError::Clips { folder: folder.to_owned(), mistakes })?;
    clips.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(clips)
}

fn named_clips(files: Vec<PathBuf>) -> Result<Vec<Clip>, Vec<String>> {
    let (mut clips, mut mistakes) = (Vec::new(), Vec::new());
    for path in files {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match ClipName::parse(&stem) {
            Ok(name) if name.spoken => {
                clips.push(Clip { path, speaker: name.speaker, emotion: name.emotion });
            }
            Ok(_) => {}
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(clips) } else { Err(mistakes) }
}

fn collect_audio(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), TrainError> {
    let entries = fs::read_dir(folder).map_err(TrainError::file("list", folder))?;
    for entry in entries {
        let path = entry.map_err(TrainError::file("list", folder))?.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if path.is_dir() {
            collect_audio(&path, files)?;
        } else if extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())) {
            files.push(path);
        }
    }
    Ok(())
}
