//! Clips in folders that are named by emotion: `happy/ann/1.wav` or `happy/ann_1.wav`.

use super::{Clip, ClipName, Speaker, label};
use std::path::{Path, PathBuf};
use undertone_core::Emotion;

/// Whether one of the audio `files` lies in a folder of `root` that a label names.
pub(super) fn recognised(files: &[PathBuf], root: &Path) -> bool {
    files.iter().any(|file| emotion_of(&parts(file, root)).is_ok())
}

/// The label is the first folder below `root`. The speaker is the folder below that one; without one, the actor of a
/// RAVDESS name, or what stands before the first `_` or `-` of another name. Fails with every file that tells no known
/// label or no speaker.
pub(super) fn clips(files: Vec<PathBuf>, root: &Path) -> Result<Vec<Clip>, Vec<String>> {
    let (mut clips, mut mistakes) = (Vec::new(), Vec::new());
    for path in files {
        let parts = parts(&path, root);
        match (emotion_of(&parts), speaker_of(&parts)) {
            (Ok(emotion), Ok(speaker)) => clips.push(Clip { path, speaker, emotion }),
            (Err(mistake), _) | (_, Err(mistake)) => mistakes.push(format!("{}: {mistake}", parts.join("/"))),
        }
    }
    if mistakes.is_empty() { Ok(clips) } else { Err(mistakes) }
}

/// The names from `root` down to the file's own.
fn parts(file: &Path, root: &Path) -> Vec<String> {
    let inner = file.strip_prefix(root).unwrap_or(file);
    inner.iter().map(|part| part.to_string_lossy().into_owned()).collect()
}

fn emotion_of(parts: &[String]) -> Result<Emotion, String> {
    match parts {
        [label, _, ..] => label::emotion(label).ok_or_else(|| {
            format!("the folder has the unknown label `{label}`; known are {}", label::known())
        }),
        _ => Err("it lies in no folder of a label".into()),
    }
}

fn speaker_of(parts: &[String]) -> Result<Speaker, String> {
    if let [_, speaker, _, ..] = parts {
        return Ok(Speaker::new(speaker));
    }
    let stem = parts.last().and_then(|name| name.rsplit_once('.')).map_or("", |(stem, _)| stem);
    if let Ok(name) = ClipName::parse(stem) {
        return Ok(name.speaker);
    }
    match stem.split_once(['_', '-']) {
        Some((speaker, _)) if !speaker.is_empty() => Ok(Speaker::new(speaker)),
        _ => {
            Err("it tells no speaker: put it into a folder named by the speaker, or begin its name with the \
                  speaker and `_`"
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| Path::new("/data").join(name)).collect()
    }

    #[test]
    fn the_speaker_is_the_folder_below_the_label_or_the_beginning_of_the_name() {
        let files =
            files(&["fear/ann/1.wav", "Happy/bob_1.wav", "happy/7-x.wav", "sad/03-01-04-01-01-01-09.wav"]);
        assert!(recognised(&files, Path::new("/data")));
        let clips = clips(files, Path::new("/data")).expect("good names");
        let found: Vec<_> = clips.iter().map(|clip| (clip.emotion.name(), clip.speaker.name())).collect();
        assert_eq!(found, [("fearful", "ann"), ("happy", "bob"), ("happy", "07"), ("sad", "09")]);
    }

    #[test]
    fn every_file_without_a_known_label_or_a_speaker_is_named() {
        let files = files(&["happy/ann/1.wav", "bored/ann/1.wav", "loose.wav", "sad/1.wav", "sad/_1.wav"]);
        let mistakes = clips(files, Path::new("/data")).expect_err("four bad names");
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
        assert!(
            mistakes[0].starts_with("bored/ann/1.wav") && mistakes[0].contains("`bored`"),
            "{mistakes:?}"
        );
        assert!(mistakes[0].contains("neutral") && mistakes[1].contains("no folder"), "{mistakes:?}");
        assert!(mistakes[2].contains("speaker") && mistakes[3].contains("speaker"), "{mistakes:?}");
    }

    #[test]
    fn folders_of_other_names_are_no_labels() {
        assert!(!recognised(&files(&["Actor_01/1.wav", "happy.wav"]), Path::new("/data")));
    }
}
