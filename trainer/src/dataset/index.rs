//! A list of clips as CSV with a header line; fields hold no commas and no quotes.

use super::{Clip, Speaker};
use std::path::Path;
use undertone_core::Emotion;

/// Columns that must be there; others are ignored.
const COLUMNS: [&str; 4] = ["path", "corpus", "speaker", "emotion"];

/// Reads the clips of `corpus` from `text`; paths are relative to `folder`. Rows of other corpora may have
/// emotions that we do not know.
pub(super) fn parse(text: &str, folder: &Path, corpus: &str) -> Result<Vec<Clip>, Vec<String>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
    let missing = |column: &&str| !header.contains(column);
    if let Some(column) = COLUMNS.iter().find(|column| missing(column)) {
        return Err(vec![format!("the list has no column `{column}`")]);
    }
    let position = |name: &str| header.iter().position(|column| *column == name).unwrap_or(usize::MAX);
    let [path, corpus_column, speaker, emotion] = COLUMNS.map(position);
    let (mut clips, mut mistakes) = (Vec::new(), Vec::new());
    for (index, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let fields: Vec<&str> = line.split(',').collect();
        if fields.len() != header.len() {
            mistakes.push(format!(
                "line {} has {} fields instead of {}",
                index + 2,
                fields.len(),
                header.len()
            ));
        } else if fields[corpus_column] == corpus {
            match fields[emotion].parse::<Emotion>() {
                Ok(emotion) => clips.push(Clip {
                    path: folder.join(fields[path]),
                    speaker: Speaker::new(fields[speaker]),
                    emotion,
                }),
                Err(reason) => mistakes.push(format!("line {}: {reason}", index + 2)),
            }
        }
    }
    if mistakes.is_empty() { Ok(clips) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clips_of_the_corpus_are_read() {
        let list = "path,corpus,speaker,emotion\na.flac,ravdess,2,happy\nb.flac,other,x,bored\n";
        let clips = parse(list, Path::new("/data"), "ravdess").expect("a good list");
        let expected =
            Clip { path: "/data/a.flac".into(), speaker: Speaker::new("02"), emotion: Emotion::Happy };
        assert_eq!(clips, [expected]);
    }

    #[test]
    fn every_bad_line_is_named() {
        let list = "path,corpus,speaker,emotion\na.flac,ravdess,2,bored\nb.flac,ravdess\n";
        let mistakes = parse(list, Path::new("/data"), "ravdess").expect_err("a bad list");
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(mistakes[0].starts_with("line 2") && mistakes[1].starts_with("line 3"), "{mistakes:?}");
    }

    #[test]
    fn a_list_without_a_needed_column_is_refused() {
        let mistakes = parse("path,corpus,speaker\n", Path::new("/data"), "ravdess").expect_err("no emotion");
        assert!(mistakes[0].contains("`emotion`"), "{mistakes:?}");
    }
}
