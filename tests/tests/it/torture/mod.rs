//! Faults under load. The short form runs with all tests; `cargo xtask torture NAME` runs the long one.

mod streaming;

/// `short` with all tests, `long` when it is asked for.
fn scaled(short: usize, long: usize) -> usize {
    if std::env::var_os("UNDERTONE_TORTURE").is_some() { long } else { short }
}
