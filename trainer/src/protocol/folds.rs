//! A committed list of clips with their folds.

use crate::TrainError;
use std::collections::BTreeMap;

const HEADER: &str = "clip,fold";

/// Each clip's fold, by the clip's file name without extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldList {
    folds: BTreeMap<String, u32>,
}

impl FoldList {
    /// Reads a list; `name` is for the error.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, TrainError> {
        let refuse = |reason: String| TrainError::Split { mistakes: vec![format!("{name}: {reason}")] };
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(refuse(format!("the first line is not `{HEADER}`")));
        }
        let mut folds = BTreeMap::new();
        for (index, line) in lines.enumerate() {
            let entry = line.split_once(',').and_then(|(clip, fold)| Some((clip, fold.parse().ok()?)));
            let Some((clip, fold)) = entry else {
                return Err(refuse(format!("line {} is not `clip,fold`", index + 2)));
            };
            if folds.insert(clip.to_owned(), fold).is_some() {
                return Err(refuse(format!("line {} names {clip} again", index + 2)));
            }
        }
        Ok(Self { folds })
    }

    /// A list of these entries.
    pub fn new(entries: impl IntoIterator<Item = (String, u32)>) -> Self {
        Self { folds: entries.into_iter().collect() }
    }

    /// The fold of a clip, if it is listed.
    pub fn fold(&self, clip: &str) -> Option<u32> {
        self.folds.get(clip).copied()
    }

    /// All clips with their folds, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.folds.iter().map(|(clip, fold)| (clip.as_str(), *fold))
    }

    /// The list as it is committed.
    pub fn to_csv(&self) -> String {
        let lines = self.iter().map(|(clip, fold)| format!("{clip},{fold}\n"));
        std::iter::once(format!("{HEADER}\n")).chain(lines).collect()
    }
}
