//! How many rows are sent at a time.

/// As many as allowed, and fewer after failures: a Postgres that is too slow for a whole batch gets half of it next time, so
/// that some rows arrive however slow it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchSize {
    most: u32,
    now: u32,
}

impl BatchSize {
    pub(super) fn new(most: u32) -> Self {
        Self { most: most.max(1), now: most.max(1) }
    }

    pub(super) fn rows(self) -> u32 {
        self.now
    }

    /// A batch did not arrive.
    pub(super) fn shrink(&mut self) {
        self.now = (self.now / 2).max(1);
    }

    /// A batch arrived.
    pub(super) fn grow(&mut self) {
        self.now = self.now.saturating_mul(2).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_halve_a_batch_down_to_one_row_and_successes_double_it_up_to_the_most() {
        let mut size = BatchSize::new(10);
        let shrunk: Vec<u32> = (0..5).map(|_| (size.rows(), size.shrink()).0).collect();
        assert_eq!(shrunk, [10, 5, 2, 1, 1]);
        let grown: Vec<u32> = (0..5).map(|_| (size.rows(), size.grow()).0).collect();
        assert_eq!(grown, [1, 2, 4, 8, 10]);
    }
}
