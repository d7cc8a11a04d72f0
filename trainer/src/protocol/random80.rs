//! A random fifth of the clips.

use super::FoldList;
use crate::TrainError;

const LISTS: [&str; 3] = [
    include_str!("../../protocols/random80-seed0.csv"),
    include_str!("../../protocols/random80-seed1.csv"),
    include_str!("../../protocols/random80-seed2.csv"),
];

pub(super) fn list(seed: u32) -> Result<FoldList, TrainError> {
    let name = format!("random80-seed{seed}.csv");
    let Some(text) = LISTS.get(seed as usize) else {
        let known = LISTS.len() - 1;
        return Err(TrainError::Split {
            mistakes: vec![format!("there is no {name}: seeds 0 to {known} have lists")],
        });
    };
    FoldList::parse(&name, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;
    use crate::dataset::ClipName;
    use std::collections::BTreeMap;

    const FOLDS: usize = 5;
    /// Two published clips that hold the same samples; they stay together.
    const SAME_SAMPLES: [&str; 2] = ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"];

    /// Deals the clips of each emotion out to the folds in a random order. The committed lists come from here.
    fn deal<'n>(names: impl IntoIterator<Item = &'n str>, seed: u32) -> FoldList {
        let mut by_emotion: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for name in names {
            let Ok(parts) = ClipName::parse(name) else { continue };
            if name != SAME_SAMPLES[1] {
                by_emotion.entry(parts.emotion.index()).or_default().push(name);
            }
        }
        let mut random = Random::new(u64::from(seed), 0);
        let (mut entries, mut next) = (Vec::new(), 0);
        for mut names in by_emotion.into_values() {
            names.sort_unstable();
            random.shuffle(&mut names);
            for name in names {
                let fold = (next % FOLDS) as u32;
                next += 1;
                entries.push((name.to_owned(), fold));
                if name == SAME_SAMPLES[0] {
                    entries.push((SAME_SAMPLES[1].to_owned(), fold));
                }
            }
        }
        FoldList::new(entries)
    }

    #[test]
    fn the_committed_lists_are_what_the_rule_gives() {
        for seed in 0..LISTS.len() as u32 {
            let list = list(seed).expect("a good list");
            let names: Vec<String> = list.iter().map(|(name, _)| name.to_owned()).collect();
            assert_eq!(deal(names.iter().map(String::as_str), seed), list);
        }
    }
}
