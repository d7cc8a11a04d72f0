//! The same on several threads at once.

use crate::conformance::outcome::{Outcome, Stop, broken};
use std::sync::Barrier;
use std::thread;

/// What `work` gives on `count` threads that start together; each is told its number.
pub(super) fn on_threads<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Outcome<T> + Sync,
) -> Outcome<Vec<T>> {
    let start = Barrier::new(count);
    thread::scope(|scope| {
        let (start, work) = (&start, &work);
        let threads: Vec<_> = (0..count)
            .map(|number| {
                scope.spawn(move || {
                    start.wait();
                    work(number)
                })
            })
            .collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, Outcome<T>>| {
            thread.join().unwrap_or_else(|_| broken("a thread panicked"))
        };
        threads.into_iter().map(ended).collect::<Vec<_>>().into_iter().collect::<Result<_, Stop>>()
    })
}

/// What `work` gives on a thread of its own.
pub(super) fn elsewhere<T: Send>(work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|_| broken("a thread panicked")))
}
