//! What a guard against panics cannot hold.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

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
