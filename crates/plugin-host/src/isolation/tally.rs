//! What plugins count in their processes, and how it reaches the server.
//!
//! ```text
//! 4096  how often it changed, number of counters
//! 4112  for each: bytes of its name, value (low and high word), nothing; 64 bytes of name
//! ```

use super::area::SharedArea;
use super::message::TALLY;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use undertone_plugin_abi::{MAX_COUNTER_NAME_BYTES, MAX_COUNTERS};

const FIRST: usize = TALLY + 16;
const WORDS: usize = 4;
const RECORD_BYTES: usize = WORDS * size_of::<u32>() + MAX_COUNTER_NAME_BYTES;

/// Writes a plugin's counters.
pub(crate) fn put(area: &SharedArea, changes: u32, counters: &BTreeMap<String, u64>) {
    let counters = counters.iter().filter(|(name, _)| name.len() <= MAX_COUNTER_NAME_BYTES);
    let mut count = 0;
    for (name, value) in counters.take(MAX_COUNTERS) {
        let at = FIRST + count * RECORD_BYTES;
        area.put(at, &[name.len() as u32, *value as u32, (*value >> 32) as u32, 0]);
        area.put(at + WORDS * size_of::<u32>(), name.as_bytes());
        count += 1;
    }
    area.put(TALLY, &[changes, count as u32]);
}

/// What is known of the counters of one process.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    changes: u32,
    known: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds to `totals` what the process counted since it was last asked. It waits meanwhile, so that nothing changes.
    pub(crate) fn take(&mut self, area: &SharedArea, plugin: &str, totals: &Totals) {
        let mut head = [0_u32; 2];
        area.get(TALLY, &mut head);
        if head[0] == self.changes {
            return;
        }
        self.changes = head[0];
        for record in 0..(head[1] as usize).min(MAX_COUNTERS) {
            let Some((name, value)) = read(area, record) else { continue };
            if self.known.len() >= MAX_COUNTERS && !self.known.contains_key(&name) {
                continue;
            }
            let before = self.known.insert(name.clone(), value).unwrap_or(0);
            totals.add(plugin, name, value.saturating_sub(before));
        }
    }
}

fn read(area: &SharedArea, record: usize) -> Option<(String, u64)> {
    let at = FIRST + record * RECORD_BYTES;
    let (mut words, mut name) = ([0_u32; WORDS], [0_u8; MAX_COUNTER_NAME_BYTES]);
    area.get(at, &mut words);
    area.get(at + WORDS * size_of::<u32>(), &mut name);
    let name = name.get(..words[0] as usize)?;
    let value = u64::from(words[1]) | u64::from(words[2]) << 32;
    Some((std::str::from_utf8(name).ok()?.to_owned(), value))
}

/// What plugins counted in all of their processes, those that are gone too: by plugin, then by name.
#[derive(Debug, Default)]
pub(crate) struct Totals(Mutex<BTreeMap<String, BTreeMap<String, u64>>>);

impl Totals {
    fn add(&self, plugin: &str, name: String, amount: u64) {
        let mut all = self.lock();
        let own = all.entry(plugin.to_owned()).or_default();
        if own.len() < MAX_COUNTERS || own.contains_key(&name) {
            let total = own.entry(name).or_default();
            *total = total.saturating_add(amount);
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area() -> SharedArea {
        SharedArea::new(1 << 14).expect("memory")
    }

    fn counters(values: &[(&str, u64)]) -> BTreeMap<String, u64> {
        values.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn what_two_processes_count_is_added_up_once() {
        let (totals, large) = (Totals::default(), u64::MAX / 2);
        for _ in 0..2 {
            let (area, mut tally) = (area(), Tally::default());
            put(&area, 1, &counters(&[("a", 3)]));
            tally.take(&area, "p", &totals);
            tally.take(&area, "p", &totals);
            put(&area, 2, &counters(&[("a", 5), ("b", large)]));
            tally.take(&area, "p", &totals);
        }
        assert_eq!(totals.all()["p"], counters(&[("a", 10), ("b", large * 2)]));
    }

    #[test]
    fn a_process_that_lies_can_spoil_its_own_counters_only() {
        let (area, mut tally, totals) = (area(), Tally::default(), Totals::default());
        area.put(TALLY, &[u32::MAX; 1000]);
        tally.take(&area, "p", &totals);
        for turn in 0..100_u32 {
            let named: BTreeMap<String, u64> =
                (0..MAX_COUNTERS).map(|number| (format!("{turn}-{number}"), 1)).collect();
            put(&area, turn, &named);
            tally.take(&area, "p", &totals);
        }
        assert_eq!(totals.all()["p"].len(), MAX_COUNTERS);
        put(&area, 200, &counters(&[("0-0", 0)]));
        tally.take(&area, "p", &totals);
        assert_eq!(totals.all()["p"]["0-0"], 1, "a counter only grows");
    }
}
