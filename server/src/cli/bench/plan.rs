//! Which loads are put on the server.

use super::search::Search;
use std::time::Duration;

/// Between a load that was ended early and the next one.
const REST: Duration = Duration::from_secs(5);

/// Which loads are put on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// One of this size.
    One { size: usize },
    /// So many in equal steps up to a largest one.
    Ramp { size: usize, steps: usize },
    /// Those that lead to the largest load within the bound.
    Search { from: usize },
}

/// A kind of load.
pub(super) trait Burden {
    /// What one shows.
    type Figures: Showing;
    /// A search takes a load for too large once it broke the bound so often in a row.
    const TRIES: usize;

    /// Puts a load on the server; with a bound, ends it as soon as it is certain that it does not keep within.
    async fn run(&self, size: usize, bound: Option<Duration>) -> anyhow::Result<Self::Figures>;
}

/// What a load showed.
pub(super) trait Showing {
    /// How large it was.
    fn size(&self) -> usize;

    /// Whether 99 of 100 came within `bound`, and nothing was refused or lost.
    fn keep_within(&self, bound: Duration) -> bool;

    /// Whether it was ended early.
    fn cut_short(&self) -> bool;

    /// Whether 99 of 100 came within `bound`, of those that came; `None` when none did.
    fn is_fast(&self, bound: Duration) -> Option<bool>;

    /// A sentence about it, such as "8 streams: 99 of 100 updates within 5 ms".
    fn sentence(&self) -> String;
}

/// What a plan found.
#[derive(Debug)]
pub(super) struct Found<F> {
    /// In the order in which they were tried.
    pub(super) loads: Vec<F>,
    /// The size of the largest one that kept within the bound, if any did.
    pub(super) largest: Option<usize>,
}

impl<F: Showing> Found<F> {
    /// Whether anything was answered at all.
    pub(super) fn is_answered(&self) -> bool {
        self.loads.iter().any(|figures| figures.is_fast(Duration::MAX).is_some())
    }

    /// The loads by their size.
    pub(super) fn by_size(&self) -> Vec<&F> {
        let mut loads: Vec<&F> = self.loads.iter().collect();
        loads.sort_by_key(|figures| figures.size());
        loads
    }
}

impl Plan {
    /// Puts the loads on the server one after the other; with `aloud`, tells on standard error how it goes.
    pub(super) async fn carry_out<B: Burden>(
        self,
        burden: &B,
        bound: Duration,
        aloud: bool,
    ) -> anyhow::Result<Found<B::Figures>> {
        let mut search = match self {
            Self::Search { from } => Some(Search::new(from)),
            _ => None,
        };
        let mut steps = self.steps().into_iter();
        let mut loads = Vec::new();
        let mut broken = 0;
        while let Some(size) = search.as_ref().map_or_else(|| steps.next(), Search::next) {
            let figures = burden.run(size, search.as_ref().map(|_| bound)).await?;
            let kept = figures.keep_within(bound);
            if aloud {
                let verdict = match (kept, figures.is_fast(bound)) {
                    (true, _) => ", within the bound",
                    (false, Some(true)) => ", but others were refused, failed or were left out",
                    (false, Some(false)) => ", beyond the bound",
                    (false, None) => "",
                };
                eprintln!("{}{verdict}", figures.sentence());
            }
            if figures.cut_short() {
                // What the server still has to do for those that were left must not burden the next load.
                tokio::time::sleep(REST).await;
            }
            broken = if kept { 0 } else { broken + 1 };
            if let Some(search) = search.as_mut().filter(|_| kept || broken == B::TRIES) {
                search.tell(kept);
                broken = 0;
            }
            loads.push(figures);
        }
        let kept = loads.iter().filter(|figures| figures.keep_within(bound)).map(Showing::size);
        let largest = search.map_or_else(|| kept.max(), |search| search.largest());
        Ok(Found { loads, largest })
    }

    /// The loads that are known beforehand.
    fn steps(self) -> Vec<usize> {
        match self {
            Self::One { size } => vec![size],
            Self::Ramp { size, steps } => {
                let mut loads: Vec<usize> = (1..=steps).map(|step| (size * step).div_ceil(steps)).collect();
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
    use std::cell::Cell;

    /// A load that keeps within the bound up to a size, but for its first try, which something else spoils.
    struct Disturbed {
        limit: usize,
        tried: Cell<usize>,
    }

    struct Tried {
        size: usize,
        kept: bool,
    }

    impl Burden for Disturbed {
        type Figures = Tried;
        const TRIES: usize = 2;

        async fn run(&self, size: usize, _: Option<Duration>) -> anyhow::Result<Tried> {
            self.tried.set(self.tried.get() + 1);
            Ok(Tried { size, kept: size <= self.limit && self.tried.get() > 1 })
        }
    }

    impl Showing for Tried {
        fn size(&self) -> usize {
            self.size
        }

        fn keep_within(&self, _: Duration) -> bool {
            self.kept
        }

        fn cut_short(&self) -> bool {
            false
        }

        fn is_fast(&self, _: Duration) -> Option<bool> {
            Some(self.kept)
        }

        fn sentence(&self) -> String {
            String::new()
        }
    }

    #[tokio::test]
    async fn a_search_does_not_believe_a_single_broken_load_where_a_second_try_is_allowed() {
        let load = Disturbed { limit: 9, tried: Cell::new(0) };
        let found =
            Plan::Search { from: 8 }.carry_out(&load, Duration::ZERO, false).await.expect("it cannot fail");
        assert_eq!(found.largest, Some(9));
        let sizes: Vec<usize> = found.loads.iter().map(Showing::size).collect();
        assert_eq!(sizes, [8, 8, 10, 10, 9]);
    }

    #[test]
    fn a_ramp_goes_in_equal_steps_up_to_the_largest_load() {
        assert_eq!(Plan::Ramp { size: 100, steps: 4 }.steps(), [25, 50, 75, 100]);
        assert_eq!(Plan::Ramp { size: 3, steps: 5 }.steps(), [1, 2, 3]);
    }
}
