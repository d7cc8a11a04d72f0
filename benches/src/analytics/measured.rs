//! How long every question took.

use crate::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long every question took, each time.
#[derive(Default)]
pub(super) struct Measured {
    millis: BTreeMap<String, Vec<f64>>,
    /// Questions whose answers take more rows than are read for one.
    refused: BTreeSet<String>,
}

impl Measured {
    pub(super) fn add(&mut self, question: &str, took: Duration) {
        self.millis.entry(question.to_owned()).or_default().push(took.as_secs_f64() * 1e3);
    }

    pub(super) fn refuse(&mut self, question: &str) {
        self.refused.insert(question.to_owned());
    }

    /// The refused questions in words.
    pub(super) fn refused(&self) -> String {
        self.refused.iter().cloned().collect::<Vec<_>>().join("; ")
    }

    /// The percentiles of every question and of the slowest one, and the slowest five in words.
    pub(super) fn figures(self) -> (Run, String) {
        let mut run = Run::new();
        let mut slow: Vec<(f64, f64, String)> = Vec::new();
        for (question, mut millis) in self.millis {
            millis.sort_unstable_by(f64::total_cmp);
            let [p50, p95] = [0.5, 0.95].map(|share| quantile(&millis, share));
            for (name, value) in [("p50_ms", p50), ("p95_ms", p95)] {
                // There are as many names as questions, once for the life of the program.
                run.insert(Box::leak(format!("{question}: {name}").into_boxed_str()), value);
            }
            slow.push((p95, p50, question));
        }
        slow.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let worst = |of: fn(&(f64, f64, String)) -> f64| slow.iter().map(of).fold(0.0, f64::max);
        run.insert("p95_ms", worst(|own| own.0));
        run.insert("p50_ms", worst(|own| own.1));
        let told = slow.iter().take(5).map(|(p95, _, question)| format!("{question} {p95:.0} ms"));
        (run, told.collect::<Vec<_>>().join("; "))
    }
}

/// The smallest value that so large a share of the sorted values does not exceed.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_question_gives_the_headline() {
        let mut measured = Measured::default();
        for millis in 1..=20 {
            measured.add("quick", Duration::from_millis(millis));
            measured.add("slow", Duration::from_millis(10 * millis));
        }
        let (run, slowest) = measured.figures();
        assert_eq!((run["quick: p50_ms"], run["quick: p95_ms"]), (10.0, 19.0));
        assert_eq!((run["p50_ms"], run["p95_ms"]), (100.0, 190.0));
        assert!(slowest.starts_with("slow 190 ms; quick 19 ms"), "{slowest}");
    }
}
