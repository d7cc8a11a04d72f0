//! Finds RAVDESS-named clips and reads their labels.

use anyhow::Context;
use std::path::{Path, PathBuf};
use undertone_core::Emotion;

/// A clip of speech whose label is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LabelledClip {
    pub(super) path: PathBuf,
    pub(super) label: Emotion,
}

/// Clips of speech by `speakers` below `folder`, sorted by path.
pub(super) fn find(folder: &Path, speakers: &[String]) -> anyhow::Result<Vec<LabelledClip>> {
    let wanted: Vec<u32> = speakers.iter().filter_map(|speaker| speaker.trim().parse().ok()).collect();
    let mut clips = Vec::new();
    collect(folder, &wanted, &mut clips)?;
    clips.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(clips)
}

fn collect(folder: &Path, speakers: &[u32], clips: &mut Vec<LabelledClip>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, speakers, clips)?;
        } else if let Some((label, speaker)) = labels(&path)
            && speakers.contains(&speaker)
        {
            clips.push(LabelledClip { path, label });
        }
    }
    Ok(())
}

/// Emotion and speaker of `03-01-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR`: audio only, speech only.
fn labels(path: &Path) -> Option<(Emotion, u32)> {
    let name = path.file_stem()?.to_str()?;
    let parts: Vec<u32> = name.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [3, 1, emotion, _, _, _, speaker] = parts[..] else { return None };
    let index = usize::try_from(emotion).ok()?.checked_sub(1)?;
    Some((*Emotion::ALL.get(index)?, speaker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_speech_with_a_ravdess_name_is_taken() {
        assert_eq!(labels(Path::new("a/03-01-05-02-01-01-12.wav")), Some((Emotion::Angry, 12)));
        for other in
            ["03-02-05-02-01-01-12.wav", "03-01-09-02-01-01-12.wav", "talk.wav", "03-01-00-02-01-01-12.wav"]
        {
            assert_eq!(labels(Path::new(other)), None, "{other}");
        }
    }
}
