//! Recording under faults: whatever dies or is away, every utterance that a client received is in Postgres exactly once.

mod clock;
mod disk;
mod killed;
mod ledger;
mod proxy;

use std::hash::{BuildHasher, RandomState};

/// A number below `bound`, which must not be 0; other ones in every run.
fn random_below(bound: usize) -> usize {
    (RandomState::new().hash_one(0) % bound as u64) as usize
}
