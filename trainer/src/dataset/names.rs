//! What clips are called in evidence.

use super::Clip;
use std::collections::BTreeSet;
use std::path::Path;

/// A name for each clip, no two the same: the file's name without its extension, or, where two files are called the same, the
/// way to each from the innermost folder that holds all of them.
pub fn names(clips: &[Clip]) -> Vec<String> {
    let stems: Vec<String> = clips.iter().map(Clip::name).collect();
    if stems.iter().collect::<BTreeSet<_>>().len() == stems.len() {
        return stems;
    }
    let mut root = clips.first().and_then(|clip| clip.path.parent()).unwrap_or(Path::new(""));
    while let Some(outer) = root.parent().filter(|_| !clips.iter().all(|clip| clip.path.starts_with(root))) {
        root = outer;
    }
    let inner = |clip: &Clip| {
        let parts = clip.path.strip_prefix(root).unwrap_or(&clip.path).iter();
        parts.map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
    };
    clips.iter().map(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Speaker;
    use undertone_core::Emotion;

    fn named(paths: &[&str]) -> Vec<String> {
        let clip =
            |path: &&str| Clip { path: path.into(), speaker: Speaker::new("ann"), emotion: Emotion::Calm };
        names(&paths.iter().map(clip).collect::<Vec<_>>())
    }

    #[test]
    fn files_that_are_called_the_same_have_their_folders_in_their_names() {
        assert_eq!(named(&["/data/sad/ann_1.wav", "/data/calm/bob_1.wav"]), ["ann_1", "bob_1"]);
        let same = ["/data/sad/ann/1.wav", "/data/calm/ann/1.wav", "/data/calm/ann/1.flac"];
        assert_eq!(named(&same), ["sad/ann/1.wav", "calm/ann/1.wav", "calm/ann/1.flac"]);
        assert!(named(&[]).is_empty());
    }
}
