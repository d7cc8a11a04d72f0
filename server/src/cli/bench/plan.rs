//! Which loads are put on the server.

use super::load::{Figures, Load};
use super::search::Search;
use std::time::Duration;

/// Between a load that was ended early and the next one.
const REST: Duration = Duration::from_secs(5);

/// Which loads are put on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// One of so many streams.
    One { streams: usize },
    /// So many in equal steps up to a largest one.
    Ramp { streams: usize, steps: usize },
    /// Those that lead to the largest load within the bound.
    Search { from: usize },
}

/// What a plan found.
#[derive(Debug)]
pub(super) struct Found {
    /// In the order in which they were tried.
    pub(super) loads: Vec<Figures>,
    /// The largest number of streams that kept within the bound, if any did.
    pub(super) largest: Option<usize>,
}

impl Plan {
    /// Puts the loads on the server one after the other; with `aloud`, tells on standard error how it goes.
    pub(super) async fn carry_out(self, load: &Load, bound: Duration, aloud: bool) -> anyhow::Result<Found> {
        let mut search = match self {
            Self::Search { from } => Some(Search::new(from)),
            _ => None,
        };
        let mut steps = self.steps().into_iter();
        let mut loads = Vec::new();
        while let Some(streams) = search.as_ref().map_or_else(|| steps.next(), Search::next) {
            let figures = load.run(streams, search.as_ref().map(|_| bound)).await?;
            let kept = figures.keep_within(bound);
            if aloud && load.pace.speed.is_some() {
                let verdict = if kept { "within the bound" } else { "beyond the bound" };
                let p99 = figures.tally.update_latency.quantiles().p99_ms;
                eprintln!("{streams} streams: 99 of 100 updates within {p99:.1} ms, {verdict}");
            }
            if figures.cut_short {
                // What the server still has to do for the streams that were left must not burden the next load.
                tokio::time::sleep(REST).await;
            }
            if let Some(search) = &mut search {
                search.tell(kept);
            }
            loads.push(figures);
        }
        let kept = loads.iter().filter(|figures| figures.keep_within(bound)).map(|figures| figures.streams);
        let largest = search.map_or_else(|| kept.max(), |search| search.largest());
        Ok(Found { loads, largest })
    }

    /// The loads that are known beforehand.
    fn steps(self) -> Vec<usize> {
        match self {
            Self::One { streams } => vec![streams],
            Self::Ramp { streams, steps } => {
                let mut loads: Vec<usize> =
                    (1..=steps).map(|step| (streams * step).div_ceil(steps)).collect();
                loads.dedup();
                loads
            }
            Self::Search { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_goes_in_equal_steps_up_to_the_largest_load() {
        assert_eq!(Plan::Ramp { streams: 100, steps: 4 }.steps(), [25, 50, 75, 100]);
        assert_eq!(Plan::Ramp { streams: 3, steps: 5 }.steps(), [1, 2, 3]);
    }
}
