//! Which loads to try in order to find the largest one that keeps within the bound. Knows no server.

/// Until both sides are known, the load grows or shrinks by this share, twice as much every time.
const FIRST_STEP: f64 = 0.25;
/// The answer may be so much below the smallest load that was found too large.
const RESOLUTION: f64 = 0.03;

/// A search between the largest load that kept within the bound and the smallest that did not.
#[derive(Debug)]
pub(super) struct Search {
    kept: Option<usize>,
    broke: Option<usize>,
    step: f64,
    next: Option<usize>,
}

impl Search {
    /// Begins with a load of `from` streams, at least 1.
    pub(super) fn new(from: usize) -> Self {
        Self { kept: None, broke: None, step: FIRST_STEP, next: Some(from.max(1)) }
    }

    /// The load to try; `None` when the search has ended.
    pub(super) fn next(&self) -> Option<usize> {
        self.next
    }

    /// The largest load that kept within the bound.
    pub(super) fn largest(&self) -> Option<usize> {
        self.kept
    }

    /// Takes what the tried load showed.
    pub(super) fn tell(&mut self, kept: bool) {
        let Some(tried) = self.next else { return };
        *(if kept { &mut self.kept } else { &mut self.broke }) = Some(tried);
        self.next = match (self.kept, self.broke) {
            (Some(kept), None) => Some(self.grown(kept)),
            (None, Some(1)) => None,
            (None, Some(broke)) => Some(self.shrunk(broke)),
            (Some(kept), Some(broke)) if close(kept, broke) => None,
            (Some(kept), Some(broke)) => Some(kept.midpoint(broke)),
            (None, None) => None,
        };
    }

    fn grown(&mut self, streams: usize) -> usize {
        ((streams as f64 * self.stride()) as usize).max(streams + 1)
    }

    fn shrunk(&mut self, streams: usize) -> usize {
        ((streams as f64 / self.stride()) as usize).clamp(1, streams - 1)
    }

    fn stride(&mut self) -> f64 {
        let stride = 1.0 + self.step;
        self.step *= 2.0;
        stride
    }
}

fn close(kept: usize, broke: usize) -> bool {
    broke <= kept + 1 || (broke - kept) as f64 <= RESOLUTION * broke as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(from: usize, limit: usize) -> (Option<usize>, usize) {
        let mut search = Search::new(from);
        let mut tries = 0;
        while let Some(streams) = search.next() {
            tries += 1;
            assert!(tries < 40, "the search goes on and on");
            search.tell(streams <= limit);
        }
        (search.largest(), tries)
    }

    #[test]
    fn a_search_ends_just_under_the_limit_wherever_it_begins() {
        for from in [1, 8, 300, 5000] {
            for limit in [1, 7, 100, 333, 2000] {
                let (found, tries) = find(from, limit);
                let found = found.unwrap();
                assert!(
                    found <= limit && found as f64 >= limit as f64 * 0.96 - 1.0,
                    "{from} {limit}: {found}"
                );
                assert!(tries <= 20, "{from} {limit}: {tries}");
            }
        }
    }

    #[test]
    fn a_server_that_carries_nothing_ends_the_search_with_nothing() {
        assert_eq!(find(64, 0).0, None);
    }
}
