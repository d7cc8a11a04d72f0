//! What a benchmark found.

use crate::Machine;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Named figures of one run.
pub type Run = BTreeMap<&'static str, f64>;

/// A figure's median over the runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The middle one; the lower of two middle ones.
    pub median: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

/// A benchmark's figures. `headline` and `baseline` are medians over `runs`, `spread` their lowest and highest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the benchmark.
    pub bench: &'static str,
    /// The figures that the benchmark is for.
    pub headline: BTreeMap<&'static str, f64>,
    /// What they should be.
    pub aim: BTreeMap<&'static str, Aim>,
    /// The figures that they are made of.
    pub baseline: BTreeMap<&'static str, f64>,
    /// Lowest and highest of every figure.
    pub spread: BTreeMap<&'static str, [f64; 2]>,
    /// What was measured, and how; left out of the JSON where the name says it all.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<&'static str, String>,
    /// What other software they were compared with, and its version; left out of the JSON where there is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub peers: BTreeMap<&'static str, String>,
    /// Where they were taken.
    pub machine: Machine,
    /// The figures of every run.
    pub runs: Vec<Run>,
}

impl Figure {
    /// Over all `runs` that hold `name`; `None` when none does.
    pub fn over(runs: &[Run], name: &str) -> Option<Self> {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| run.get(name).copied()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let median = *values.get(values.len().checked_sub(1)? / 2)?;
        Some(Self { median, min: *values.first()?, max: *values.last()? })
    }
}

impl Report {
    /// Takes medians over `runs`. Figures with an aim are the headline, all others the baseline.
    pub fn new(
        bench: &'static str,
        aim: impl IntoIterator<Item = (&'static str, Aim)>,
        runs: Vec<Run>,
    ) -> Self {
        let mut report = Self {
            bench,
            aim: aim.into_iter().collect(),
            headline: BTreeMap::new(),
            baseline: BTreeMap::new(),
            spread: BTreeMap::new(),
            facts: BTreeMap::new(),
            peers: BTreeMap::new(),
            machine: Machine::this(),
            runs: Vec::new(),
        };
        for name in runs.iter().flat_map(|run| run.keys().copied()) {
            if let Some(figure) = Figure::over(&runs, name) {
                let medians =
                    if report.aim.contains_key(name) { &mut report.headline } else { &mut report.baseline };
                medians.insert(name, figure.median);
                report.spread.insert(name, [figure.min, figure.max]);
            }
        }
        report.runs = runs;
        report
    }

    /// Makes a figure without an aim part of the headline.
    pub fn with_headline(mut self, name: &'static str) -> Self {
        if let Some(median) = self.baseline.remove(name) {
            self.headline.insert(name, median);
        }
        self
    }

    /// Says what was measured, or how.
    pub fn about(mut self, fact: &'static str, words: impl Into<String>) -> Self {
        self.facts.insert(fact, words.into());
        self
    }

    /// Names a peer that the figures were compared with.
    pub fn against(mut self, peer: &'static str, version: String) -> Self {
        self.peers.insert(peer, version);
        self
    }

    /// The report as one line of JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { platform, processor, cores } = &self.machine;
        writeln!(f, "{}: median of {} runs (lowest to highest)", self.bench, self.runs.len())?;
        writeln!(f, "on {platform}, {processor}, {cores} cores")?;
        for (fact, words) in &self.facts {
            writeln!(f, "{fact}: {words}")?;
        }
        for (peer, version) in &self.peers {
            writeln!(f, "against {peer}: {version}")?;
        }
        for (name, value) in self.headline.iter().chain(&self.baseline) {
            let [min, max] = self.spread[name];
            write!(f, "  {name:<36} {value:>9.3}  ({min:.3} to {max:.3})")?;
            match self.aim.get(name) {
                Some(Aim::AtLeast(least)) => writeln!(f, "  aim at least {least}")?,
                Some(Aim::AtMost(most)) => writeln!(f, "  aim at most {most}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_with_an_aim_are_the_headline() {
        let runs = [3.0, 1.0, 2.0].map(|value| Run::from([("ratio", value), ("base", 2.0 * value)]));
        let report = Report::new("sample", [("ratio", Aim::AtMost(2.5))], runs.to_vec());
        assert_eq!(report.headline, BTreeMap::from([("ratio", 2.0)]));
        assert_eq!(report.baseline, BTreeMap::from([("base", 4.0)]));
        assert_eq!(report.spread["ratio"], [1.0, 3.0]);
    }

    #[test]
    fn an_aim_says_by_itself_which_way_is_better() {
        let run = Run::from([("share", 0.9)]);
        let report = Report::new("sample", [("share", Aim::AtLeast(0.95))], vec![run]);
        assert_eq!(report.headline, BTreeMap::from([("share", 0.9)]));
        assert!(report.to_string().trim_end().ends_with("aim at least 0.95"));
    }
}
