//! Memory of versions that are gone.

/// Gives memory that the C library's allocator has free back to the system, where it can: what a model took on one thread is
/// otherwise kept for that thread, and the next model is loaded on another one. Takes some milliseconds.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it touches nothing but free memory, and may be called on any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
