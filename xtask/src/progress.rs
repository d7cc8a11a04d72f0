//! What a long step tells the person who waits for it.

use std::time::Instant;

use anyhow::Result;

/// Announces a step, does it, and says how long it took.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {title}");
    let start = Instant::now();
    let result = work()?;
    let seconds = start.elapsed().as_secs();
    if seconds > 0 {
        eprintln!("    {title}: {seconds} s");
    }
    Ok(result)
}

/// One line about a choice that was made.
pub(crate) fn note(text: &str) {
    eprintln!("    {text}");
}
