//! How far a download is.

use std::time::Duration;

/// A download under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes on disk, those of earlier attempts among them.
    pub bytes: u64,
    /// Bytes on disk when this attempt began.
    pub began_at: u64,
    /// Bytes in all, when the server tells.
    pub total: Option<u64>,
    /// Since this attempt began.
    pub elapsed: Duration,
}

impl Transfer {
    /// Share of the bytes that are here, 0 to 100; `None` when their total is unknown.
    pub fn percent(&self) -> Option<u64> {
        self.total.filter(|&total| total > 0).map(|total| self.bytes.min(total) * 100 / total)
    }

    /// Time left at the speed of this attempt; `None` while nothing can be said.
    pub fn remaining(&self) -> Option<Duration> {
        let received = self.bytes.checked_sub(self.began_at).filter(|&received| received > 0)?;
        let missing = self.total?.saturating_sub(self.bytes);
        Duration::try_from_secs_f64(self.elapsed.as_secs_f64() * missing as f64 / received as f64).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_by_the_bytes_of_this_attempt() {
        let transfer =
            Transfer { bytes: 600, began_at: 500, total: Some(1000), elapsed: Duration::from_secs(2) };
        assert_eq!(transfer.remaining(), Some(Duration::from_secs(8)));
        assert_eq!(transfer.percent(), Some(60));
        assert_eq!(Transfer { bytes: 500, ..transfer }.remaining(), None);
        assert_eq!(Transfer { total: None, ..transfer }.remaining(), None);
    }
}
