//! What a guard against panics cannot hold.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use undertone_plugin_sdk::Failure;

/// How often a spin of [`alone`] goes round: longer than other threads take to come to it.
const ROUNDS: u32 = 100_000;

/// A fault of memory.
pub(crate) fn crash() {
    // SAFETY: none; the fault is what is wanted.
    unsafe { black_box(std::ptr::without_provenance_mut::<u8>(8)).write_volatile(1) };
}

/// Never returns.
pub(crate) fn hang() {
    while black_box(true) {
        std::hint::spin_loop();
    }
}

/// Memory that nobody gives back.
pub(crate) fn leak(bytes: usize) {
    std::mem::forget(black_box(vec![1_u8; bytes]));
}

/// Another number every time.
pub(crate) fn other_number() -> f32 {
    static CALLS: AtomicU32 = AtomicU32::new(1);
    CALLS.fetch_add(1, Ordering::Relaxed) as f32
}

/// Memory that nobody gives back, though everybody could.
pub(crate) fn hoard(bytes: usize) {
    static HOARD: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    HOARD.lock().unwrap_or_else(PoisonError::into_inner).push(black_box(vec![1; bytes]));
}

/// Memory that is given back at once.
pub(crate) fn allocate(bytes: usize) {
    drop(black_box(vec![1_u8; bytes]));
}

/// Does `work` and takes its time over it; fails when somebody else in the process is at it.
pub(crate) fn alone<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    static BUSY: Mutex<()> = Mutex::new(());
    let _busy = BUSY.try_lock().map_err(|_| Failure::failed("another one is at it"))?;
    (0..ROUNDS).for_each(|round| {
        black_box(round);
    });
    Ok(work())
}
