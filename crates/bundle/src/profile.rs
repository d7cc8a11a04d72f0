//! The section `[profile]` of a manifest: what the clips that a model learnt from were like.

use crate::bundle::{MANIFEST_FILE, read_manifest};
use crate::sealing::replace;
use crate::{Bundle, BundleError, Mistake};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Shares that sum to 1 do so to within this.
const ROUNDING: f64 = 1e-3;
const SECTION: &str = "[profile";
const FILES: &str = "[files]";

/// What the clips that a model learnt from were like, for comparison with what it hears in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Clips that were measured, at least 1.
    pub clips: u32,
    /// Utterances in them, at least 1.
    pub utterances: u32,
    /// Share of each label among the clips, in the order of the labels; together 1.
    pub label_shares: Vec<f64>,
    /// How the utterances' figures are spread, by the figure's name, for instance `level`.
    pub inputs: BTreeMap<String, Histogram>,
}

/// How a figure is spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Where bins begin, and where the last one ends; growing, one more than `counts`. The outermost bins hold what lies beyond,
    /// too.
    pub edges: Vec<f32>,
    /// Utterances per bin.
    pub counts: Vec<u64>,
}

impl Profile {
    /// Everything that is wrong with the section.
    pub(crate) fn mistakes(&self, labels: usize) -> Vec<String> {
        let mut found = Vec::new();
        if self.clips == 0 || self.utterances == 0 {
            found.push("profile: made of nothing".to_owned());
        }
        if self.label_shares.len() != labels {
            found.push(format!("profile.label_shares: {} for {labels} labels", self.label_shares.len()));
        }
        let sum: f64 = self.label_shares.iter().sum();
        let shares = self.label_shares.iter().all(|share| (0.0..=1.0).contains(share));
        if !shares || (sum - 1.0).abs() > ROUNDING {
            found.push("profile.label_shares: not shares that are 1 together".to_owned());
        }
        for (name, Histogram { edges, counts }) in &self.inputs {
            let grow =
                edges.windows(2).all(|pair| pair[0] < pair[1]) && edges.iter().all(|edge| edge.is_finite());
            if edges.len() != counts.len() + 1 || counts.is_empty() || !grow {
                found.push(format!(
                    "profile.inputs.{name}: the edges do not grow, or are not one more than the counts"
                ));
            }
        }
        found
    }
}

impl Bundle {
    /// Writes a profile into the manifest in `dir`, in place of the one that is there, and opens the bundle. Everything else in
    /// the manifest stays as it is; a signature over it holds no longer.
    ///
    /// # Errors
    /// As [`Bundle::open`], and when the manifest cannot be written.
    pub fn write_profile(dir: &Path, profile: &Profile) -> Result<Self, BundleError> {
        let read = |source| BundleError::Read { dir: dir.to_owned(), file: MANIFEST_FILE.to_owned(), source };
        let text = read_manifest(dir).map_err(read)?;
        let opened = Self::open(dir)?;
        let mistakes = profile.mistakes(opened.manifest().labels.len());
        if !mistakes.is_empty() {
            let mistake = |what| Mistake { file: MANIFEST_FILE.to_owned(), what };
            return Err(BundleError::Invalid {
                dir: dir.to_owned(),
                mistakes: mistakes.into_iter().map(mistake).collect(),
            });
        }
        let section = toml::to_string(&BTreeMap::from([("profile", profile)]))
            .map_err(|source| BundleError::Serialise { dir: dir.to_owned(), source })?;
        replace(&dir.join(MANIFEST_FILE), &profiled(&text, &section)).map_err(|source| {
            BundleError::Write { dir: dir.to_owned(), file: MANIFEST_FILE.to_owned(), source }
        })?;
        Self::open(dir)
    }
}

/// The manifest with another section, in front of the checksums.
fn profiled(text: &str, section: &str) -> String {
    let (mut kept, mut inside, mut placed) = (String::new(), false, false);
    for line in text.lines() {
        let head = line.trim();
        if head.starts_with('[') {
            inside = head.starts_with(SECTION);
        }
        if head == FILES {
            kept.push_str(&format!("{}\n\n", section.trim_end()));
            placed = true;
        }
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    if placed { kept } else { format!("{}\n\n{section}", kept.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let histogram = Histogram { edges: vec![0.0, 0.5, 1.0], counts: vec![3, 4] };
        Profile {
            clips: 7,
            utterances: 7,
            label_shares: vec![0.25, 0.75],
            inputs: [("speech".to_owned(), histogram)].into(),
        }
    }

    #[test]
    fn every_mistake_of_a_profile_is_found() {
        assert!(profile().mistakes(2).is_empty());
        assert_eq!(profile().mistakes(3).len(), 1);
        let none = Profile { clips: 0, label_shares: vec![0.5, 0.6], ..profile() };
        assert_eq!(none.mistakes(2).len(), 2);
        for (edges, counts) in [(vec![0.0, 1.0], vec![1, 2]), (vec![1.0, 0.0], vec![1]), (vec![0.0], vec![])]
        {
            let wrong = Profile { inputs: [("f0".into(), Histogram { edges, counts })].into(), ..profile() };
            assert!(wrong.mistakes(2)[0].contains("profile.inputs.f0"));
        }
    }

    #[test]
    fn only_the_profile_changes_and_it_stands_in_front_of_the_checksums() {
        let text = "# kept\nname = \"m\"\n\n[profile]\nclips = 1\n\n[profile.inputs.old]\nedges = []\n\n[files]\n\"a\" = \"b\"\n";
        let again = profiled(text, "[profile]\nclips = 2\n");
        assert_eq!(again, "# kept\nname = \"m\"\n\n[profile]\nclips = 2\n\n[files]\n\"a\" = \"b\"\n");
        assert_eq!(profiled(&again, "[profile]\nclips = 2\n"), again);
        assert_eq!(profiled("name = 1\n", "[profile]\nclips = 2\n"), "name = 1\n\n[profile]\nclips = 2\n");
    }
}
