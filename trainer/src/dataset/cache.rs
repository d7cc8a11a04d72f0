//! Prepared utterances on disk, so that a second run need not decode again.

use super::{Clip, Playing, Preparation, Prepared, Utterance, prepare};
use crate::TrainError;
use crate::archive::Archive;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use undertone_core::Frames;

const KEY: &str = "key";
const DUPLICATES: &str = "duplicates";
/// Grows when what is changed by code of the trainer, pitches and lines, comes out otherwise than before.
const WAYS: u32 = 1;

/// As [`prepare`], but reads a file of `dir` when it was made from the same clips in the same way, and writes it
/// else.
pub fn prepare_cached(clips: &[Clip], preparation: &Preparation, dir: &Path) -> Result<Prepared, TrainError> {
    let key = key(clips, preparation);
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let file = dir.join(format!("frames-{:016x}.cache", hasher.finish()));
    // One that is damaged is made anew.
    if file.is_file()
        && let Ok(archive) = Archive::read(&file)
        && archive.notes.get(KEY) == Some(&key)
        && let Some(prepared) = unpack(archive, &preparation.playings)
    {
        return Ok(prepared);
    }
    let prepared = prepare(clips, preparation)?;
    pack(&prepared, key).write(&file)?;
    Ok(prepared)
}

/// Everything that the frames depend on; of the audio its size and the time when it was last changed.
fn key(clips: &[Clip], preparation: &Preparation) -> String {
    let described = |clip: &Clip| {
        let file = fs::metadata(&clip.path).ok();
        let changed = file.as_ref().and_then(|file| file.modified().ok());
        format!("{} {:?} {changed:?}", clip.path.display(), file.map(|file| file.len()))
    };
    let clips: Vec<String> = clips.iter().map(described).collect();
    let Preparation { recipe, endpointing, playings } = preparation;
    let made_here = playings.iter().any(|playing| !matches!(playing, Playing::Speed(_)));
    let ways = if made_here { format!(" ways {WAYS}") } else { String::new() };
    let playings: Vec<String> = playings.iter().map(Playing::to_string).collect();
    let playings = playings.join(", ");
    format!("{} {endpointing:?} [{playings}]{ways} {}", recipe.fingerprint(), clips.join(" "))
}

fn pack(prepared: &Prepared, key: String) -> Archive {
    let mut archive = Archive::default();
    archive.notes.insert(KEY.into(), key);
    let duplicates: Vec<String> = prepared.duplicates.iter().map(usize::to_string).collect();
    archive.notes.insert(DUPLICATES.into(), duplicates.join(" "));
    for (position, utterance) in prepared.utterances.iter().enumerate() {
        let name = format!("{position:07} {} {}", utterance.clip, utterance.playing);
        let frames = &utterance.frames;
        archive.arrays.insert(name, (vec![frames.len(), frames.dim()], frames.values().to_vec()));
    }
    archive
}

fn unpack(archive: Archive, playings: &[Playing]) -> Option<Prepared> {
    let numbers = archive.notes.get(DUPLICATES)?.split_whitespace();
    let duplicates = numbers.map(|number| number.parse().ok()).collect::<Option<Vec<usize>>>()?;
    let utterance = |(name, (shape, values)): (String, (Vec<usize>, Vec<f32>))| {
        let mut parts = name.split(' ').skip(1);
        let (clip, name) = (parts.next()?.parse().ok()?, parts.next()?);
        let playing = playings.iter().copied().find(|playing| playing.to_string() == name)?;
        let mut frames = Frames::new(*shape.get(1).filter(|&&dim| dim > 0)?);
        frames.grow(shape[0]).copy_from_slice(&values);
        Some(Utterance { clip, playing, frames })
    };
    let utterances = archive.arrays.into_iter().map(utterance).collect::<Option<_>>()?;
    Some(Prepared { utterances, duplicates })
}
