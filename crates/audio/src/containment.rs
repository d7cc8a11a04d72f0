//! Keeps a panic inside a third-party decoder from ending the worker that called it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `decode`; `None` when it panicked. The decoder must not be used again then, which holds
/// because every caller turns `None` into an error, and an error ends the stream.
pub(crate) fn contain<T>(decode: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(decode)).ok()
}
