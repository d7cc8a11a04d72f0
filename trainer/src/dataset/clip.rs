//! Labelled clips and where they are found.

use super::audio_files::{Found, audio_files};
use super::{ClipName, Speaker, label, label_folders, list};
use crate::TrainError;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_core::Emotion;

const INDEX_FILE: &str = "index.csv";

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

impl Clip {
    /// The file's name without its extension.
    pub fn name(&self) -> String {
        stem(&self.path)
    }
}

/// The labelled clips of `data`, ordered by path; at least one. The first of these that fits is taken:
///
/// 1. `data` is a file: a list of clips as comma-separated values. Its header line names the columns `path`,
///    `emotion`, `speaker` and, where it likes, `corpus`, in any order; other columns are ignored. Paths are
///    relative to the list's folder. With a column `corpus` only the rows of `corpus` are read.
/// 2. `data` is a folder with an `index.csv`: such a list.
/// 3. A folder in which audio files lie in folders named by emotion: `happy/ann/1.wav`, `happy/ann_1.wav`. The
///    folder below the emotion's is the speaker, or else what stands before the first `_` or `-` of the file's
///    name; a RAVDESS name tells its actor.
/// 4. A folder whose audio files have RAVDESS names, in whatever folders: `03-01-06-01-02-01-12.wav`. Sung
///    clips are left out.
///
/// Emotions are named as in [`Emotion`], in capitals or not, or by their nouns: `anger`, `fear`, `sadness`,
/// `happiness`, `joy`, `surprise`, `calmness`, `neutrality`; `disgusted` is `disgust`. Audio files end in `.wav`,
/// `.flac`, `.ogg`, `.oga` or `.opus`.
///
/// Fails with all mistakes at once, each with its line or file: an unknown label, a clip without a speaker, a file
/// that is listed but not there, a name that tells nothing, audio of a kind that cannot be read.
pub fn read_clips(data: &Path, corpus: &str) -> Result<Vec<Clip>, TrainError> {
    let index = data.join(INDEX_FILE);
    let found = match () {
        () if data.is_file() => read_list(data, corpus)?,
        () if index.is_file() => read_list(&index, corpus)?,
        () => clips_in(data)?,
    };
    let mut clips = found.map_err(|mistakes| TrainError::Clips { folder: data.to_owned(), mistakes })?;
    clips.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(clips)
}

type Read = Result<Vec<Clip>, Vec<String>>;

fn read_list(list: &Path, corpus: &str) -> Result<Read, TrainError> {
    let text = fs::read_to_string(list).map_err(TrainError::file("read", list))?;
    let folder = list.parent().unwrap_or(Path::new(""));
    Ok(list::parse(&text, folder, corpus).and_then(|clips| {
        let missing = clips.iter().filter(|clip| !clip.path.is_file());
        let mistakes: Vec<String> =
            missing.map(|clip| format!("{} is listed but not there", clip.path.display())).collect();
        if mistakes.is_empty() { Ok(clips) } else { Err(mistakes) }
    }))
}

fn clips_in(folder: &Path) -> Result<Read, TrainError> {
    let Found { files, foreign, .. } = audio_files(folder)?;
    if !foreign.is_empty() {
        let mistake = |path: &PathBuf| format!("{}: needed is WAV, FLAC or Ogg Opus", path.display());
        return Ok(Err(foreign.iter().map(mistake).collect()));
    }
    if label_folders::recognised(&files, folder) {
        return Ok(label_folders::clips(files, folder));
    }
    if files.iter().all(|file| ClipName::parse(&stem(file)).is_err()) {
        return Ok(Err(vec![unrecognised(&files)]));
    }
    Ok(named_clips(files))
}

fn unrecognised(files: &[PathBuf]) -> String {
    let found = match files {
        [] => "there is no audio file in it".to_owned(),
        [first, ..] => format!("{} is the first of {} audio files", first.display(), files.len()),
    };
    format!(
        "{found}; needed is a list `{INDEX_FILE}` (path,emotion,speaker), RAVDESS names, or folders named by \
         emotion: {}",
        label::known()
    )
}

fn named_clips(files: Vec<PathBuf>) -> Read {
    let (mut clips, mut mistakes) = (Vec::new(), Vec::new());
    for path in files {
        match ClipName::parse(&stem(&path)) {
            Ok(name) if name.spoken => {
                clips.push(Clip { path, speaker: name.speaker, emotion: name.emotion });
            }
            Ok(_) => {}
            Err(mistake) => mistakes.push(format!("{}: {mistake}", path.display())),
        }
    }
    match () {
        () if !mistakes.is_empty() => Err(mistakes),
        () if clips.is_empty() => Err(vec!["all its clips are sung".into()]),
        () => Ok(clips),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
