//! Which units an experiment may have.

use super::{Bucket, Purpose};

/// An experiment's part of a layer. A layer shares all units out: experiments whose parts do not overlap never have
/// the same unit. Layers have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The layer's name, which is its salt.
    pub layer: String,
    /// The first bucket.
    pub from: u16,
    /// The first bucket behind it, at most [`Bucket::COUNT`].
    pub until: u16,
}

/// Units that are kept out of every experiment that names the same salt, to see in the end what all of them did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdout {
    /// Its name, which is its salt.
    pub salt: String,
    /// How many buckets are kept out.
    pub buckets: u16,
}

impl Slot {
    /// Whether it has `key`.
    pub fn holds(&self, key: &str) -> bool {
        (self.from..self.until).contains(&Bucket::of(Purpose::Layer, &self.layer, key).index())
    }

    /// Whether a unit may fall into both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.layer != other.layer || (self.from < other.until && other.from < self.until)
    }
}

impl Holdout {
    /// Whether `key` is kept out.
    pub fn holds(&self, key: &str) -> bool {
        Bucket::of(Purpose::Holdout, &self.salt, key).index() < self.buckets
    }
}
