//! A list of clips as comma-separated values with a header line.

use super::csv_line::fields;
use super::{Clip, Speaker, label};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Where the columns are that we read; others are ignored.
struct Columns {
    path: usize,
    emotion: usize,
    speaker: usize,
    corpus: Option<usize>,
    count: usize,
}

/// Reads the clips of `corpus` from `text`, those of all rows when there is no column `corpus`; paths are relative to
/// `folder`. Rows of other corpora may have emotions that we do not know. Fails with every line that is wrong.
pub(super) fn parse(text: &str, folder: &Path, corpus: &str) -> Result<Vec<Clip>, Vec<String>> {
    let mut lines = text.trim_start_matches(BYTE_ORDER_MARK).lines();
    let columns = Columns::parse(lines.next().unwrap_or(""))?;
    let (mut clips, mut mistakes) = (Vec::new(), Vec::new());
    let (mut corpora, mut seen) = (BTreeSet::new(), HashMap::<PathBuf, usize>::new());
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        let row = match columns.row(line) {
            Ok(row) => row,
            Err(mistake) => {
                mistakes.push(format!("line {number}: {mistake}"));
                continue;
            }
        };
        if let Some(other) = columns.corpus.map(|column| &row[column]).filter(|&other| other != corpus) {
            corpora.insert(other.clone());
            continue;
        }
        match columns.clip(&row, folder) {
            Ok(clip) => match seen.insert(clip.path.clone(), number) {
                None => clips.push(clip),
                Some(first) => {
                    mistakes
                        .push(format!("line {number}: {} stands in line {first} already", row[columns.path]));
                }
            },
            Err(mistake) => mistakes.push(format!("line {number}: {mistake}")),
        }
    }
    if clips.is_empty() && mistakes.is_empty() {
        mistakes.push(nothing(corpus, corpora));
    }
    if mistakes.is_empty() { Ok(clips) } else { Err(mistakes) }
}

impl Columns {
    fn parse(header: &str) -> Result<Self, Vec<String>> {
        let header = fields(header).map_err(|mistake| vec![format!("line 1: {mistake}")])?;
        let position = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let (Some(path), Some(emotion), Some(speaker)) =
            (position("path"), position("emotion"), position("speaker"))
        else {
            let missing = ["path", "emotion", "speaker"].into_iter().filter(|name| position(name).is_none());
            return Err(missing.map(|name| format!("line 1: the list has no column `{name}`")).collect());
        };
        Ok(Self { path, emotion, speaker, corpus: position("corpus"), count: header.len() })
    }

    fn row(&self, line: &str) -> Result<Vec<String>, String> {
        let row = fields(line)?;
        if row.len() == self.count {
            return Ok(row);
        }
        Err(format!("it has {} fields instead of {}", row.len(), self.count))
    }

    fn clip(&self, row: &[String], folder: &Path) -> Result<Clip, String> {
        let path = &row[self.path];
        let label = &row[self.emotion];
        if path.is_empty() {
            return Err("it has no path".into());
        }
        let emotion = label::emotion(label)
            .ok_or_else(|| format!("{path} has the unknown label `{label}`; known are {}", label::known()))?;
        if row[self.speaker].is_empty() {
            return Err(format!("{path} has no speaker"));
        }
        Ok(Clip { path: folder.join(path), speaker: Speaker::new(&row[self.speaker]), emotion })
    }
}

fn nothing(corpus: &str, others: BTreeSet<String>) -> String {
    if others.is_empty() {
        return "the list has no clip".into();
    }
    let others: Vec<String> = others.into_iter().collect();
    format!("the list has no clip of the corpus `{corpus}`, only of {}", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::Emotion;

    fn mistakes(list: &str) -> Vec<String> {
        parse(list, Path::new("/data"), "ravdess").expect_err("a bad list")
    }

    #[test]
    fn only_the_clips_of_the_corpus_are_read() {
        let list = "path,corpus,speaker,emotion\na.flac,ravdess,2,happy\nb.flac,other,x,bored\n";
        let clips = parse(list, Path::new("/data"), "ravdess").expect("a good list");
        let expected =
            Clip { path: "/data/a.flac".into(), speaker: Speaker::new("02"), emotion: Emotion::Happy };
        assert_eq!(clips, [expected]);
    }

    #[test]
    fn all_rows_are_read_when_no_corpus_is_told() {
        let list = "\u{feff}Speaker,Path,Emotion\r\nann,\"a, b.wav\",Fear\r\n\r\nbob,/c.wav,joy\r\n";
        let clips = parse(list, Path::new("/data"), "ravdess").expect("a good list");
        let found: Vec<_> = clips.iter().map(|clip| (clip.path.to_str(), clip.emotion)).collect();
        assert_eq!(found, [(Some("/data/a, b.wav"), Emotion::Fearful), (Some("/c.wav"), Emotion::Happy)]);
    }

    #[test]
    fn every_bad_line_is_named() {
        let mistakes = mistakes(
            "path,speaker,emotion\na.wav,2,bored\nb.wav\n,3,sad\nc.wav,,sad\nd.wav,4,sad\nd.wav,4,calm\n",
        );
        let expected =
            ["line 2: a.wav", "line 3: it has 1", "line 4: it has no path", "line 5: c.wav", "line 7: d.wav"];
        assert_eq!(mistakes.len(), expected.len(), "{mistakes:?}");
        for (mistake, expected) in mistakes.iter().zip(expected) {
            assert!(mistake.starts_with(expected), "{mistake}");
        }
        assert!(
            mistakes[0].contains("`bored`") && mistakes[0].contains("happy/happiness"),
            "{}",
            mistakes[0]
        );
    }

    #[test]
    fn a_list_without_a_needed_column_is_refused() {
        let mistakes = mistakes("path,corpus\n");
        assert!(mistakes[0].contains("`emotion`") && mistakes[1].contains("`speaker`"), "{mistakes:?}");
    }

    #[test]
    fn a_list_without_a_clip_of_the_corpus_is_refused_with_the_corpora_that_it_has() {
        let mistakes = mistakes("path,corpus,speaker,emotion\na.flac,emodb,2,happy\n");
        assert!(mistakes[0].contains("`ravdess`") && mistakes[0].contains("emodb"), "{mistakes:?}");
    }
}
