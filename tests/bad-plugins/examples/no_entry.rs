//! Exports no entry.

/// Not what the host looks for.
// SAFETY: nothing else of this library has this name.
#[unsafe(no_mangle)]
pub extern "C" fn undertone_plugin() {}
