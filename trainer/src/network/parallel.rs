//! Work on groups of sequences side by side.
//!
//! The groups depend on the sequences alone and their sums are added in order, so results do not depend on
//! the number of threads.

use super::signal::Signal;
use rayon::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

/// A batch is cut into at most so many groups.
const GROUPS: usize = 4;

/// Some of a signal's sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Which sequences.
    pub(super) sequences: Range<usize>,
    /// Their steps, counted over all sequences.
    pub(super) steps: Range<usize>,
}

/// Cuts the sequences into groups of about as many sequences each.
pub(super) fn groups(steps: &[usize]) -> Vec<Group> {
    let size = steps.len().div_ceil(GROUPS).max(1);
    let mut end = 0;
    let group = |(index, steps): (usize, &[usize])| {
        let start = end;
        end += steps.iter().sum::<usize>();
        Group { sequences: index * size..index * size + steps.len(), steps: start..end }
    };
    steps.chunks(size).enumerate().map(group).collect()
}

/// The part of `values`, `width` per step, that belongs to each group.
pub(super) fn parts<'v>(mut values: &'v mut [f32], groups: &[Group], width: usize) -> Vec<&'v mut [f32]> {
    let part = |group: &Group| {
        let (part, rest) = std::mem::take(&mut values).split_at_mut(group.steps.len() * width);
        values = rest;
        part
    };
    groups.iter().map(part).collect()
}

/// Calls `work` for every task, in parallel, and gives the results in the order of the tasks.
pub(super) fn each<T: Send, R: Send>(tasks: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    tasks.into_par_iter().map(work).collect()
}

/// Calls `work` for every group with the group's part of `output`.
pub(super) fn fill(output: &mut Signal, work: impl Fn(&Group, &mut [f32]) + Sync + Send) {
    let groups = groups(&output.steps);
    let width = output.width();
    let tasks: Vec<_> = groups.iter().zip(parts(&mut output.values, &groups, width)).collect();
    each(tasks, |(group, part)| work(group, part));
}

/// Calls `work` with so many values that hold anything, in memory that this thread keeps for the next call. `work` does
/// not call it again, nor wait for other tasks.
pub(super) fn with_scratch<R>(count: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
    }
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < count {
            scratch.resize(count, 0.0);
        }
        work(&mut scratch[..count])
    })
}

/// Runs `work` compiled for the widest vectors that this machine has.
pub(super) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Adds up vectors of one length, in order.
pub(super) fn sum(vectors: Vec<Vec<f32>>) -> Vec<f32> {
    let mut vectors = vectors.into_iter();
    let mut total = vectors.next().unwrap_or_default();
    for vector in vectors {
        total.iter_mut().zip(vector).for_each(|(total, value)| *total += value);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cover_every_sequence_once() {
        for count in 1..20 {
            let steps: Vec<usize> = (1..=count).collect();
            let groups = groups(&steps);
            assert!(groups.len() <= GROUPS);
            let sequences: Vec<usize> = groups.iter().flat_map(|group| group.sequences.clone()).collect();
            assert_eq!(sequences, (0..count).collect::<Vec<_>>());
            let all: Vec<usize> = groups.iter().flat_map(|group| group.steps.clone()).collect();
            assert_eq!(all.len(), steps.iter().sum::<usize>());
        }
    }
}
