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

/// A benchmark's figures. `headline` and `baseline` are medians over `runs`, `spread` their lowest and highest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the benchmark.
    pub bench: &'static str,
    /// The figures that the benchmark is for.
    pub headline: BTreeMap<&'static str, f64>,
    /// What they should be at most, or where more is better at least.
    pub aim: BTreeMap<&'static str, f64>,
    /// Whether more is better.
    pub more_is_better: bool,
    /// What single figures should be at least where the others should be at most so much; left out of the JSON
    /// where there is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aim_at_least: BTreeMap<&'static str, f64>,
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
    pub fn new(bench: &'static str, aim: BTreeMap<&'static str, f64>, runs: Vec<Run>) -> Self {
        let mut report = Self {
            bench,
            aim,
            more_is_better: false,
            aim_at_least: BTreeMap::new(),
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

    /// For figures of which more is better.
    pub fn at_least(mut self) -> Self {
        self.more_is_better = true;
        self
    }

    /// Makes a figure without an aim part of the headline.
    pub fn with_headline(mut self, name: &'static str) -> Self {
        if let Some(median) = self.baseline.remove(name) {
            self.headline.insert(name, median);
        }
        self
    }

    /// Makes a figure part of the headline and says what it should be at least.
    pub fn with_aim_at_least(mut self, name: &'static str, aim: f64) -> Self {
        self.aim_at_least.insert(name, aim);
        self.with_headline(name)
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
            match (self.aim.get(name), self.aim_at_least.get(name)) {
                (Some(aim), _) if self.more_is_better => writeln!(f, "  aim at least {aim}")?,
                (Some(aim), _) => writeln!(f, "  aim at most {aim}")?,
                (None, Some(aim)) => writeln!(f, "  aim at least {aim}")?,
                (None, None) => writeln!(f)?,
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
        let report = Report::new("sample", BTreeMap::from([("ratio", 2.5)]), runs.to_vec());
        assert_eq!(report.headline, BTreeMap::from([("ratio", 2.0)]));
        assert_eq!(report.baseline, BTreeMap::from([("base", 4.0)]));
        assert_eq!(report.spread["ratio"], [1.0, 3.0]);
    }

    #[test]
    fn a_figure_may_have_an_aim_the_other_way() {
        let report = Report::new("sample", BTreeMap::new(), vec![Run::from([("share", 0.9)])]);
        let report = report.with_aim_at_least("share", 0.95);
        assert_eq!(report.headline, BTreeMap::from([("share", 0.9)]));
        assert!(report.to_string().trim_end().ends_with("aim at least 0.95"));
    }
}
