//! Faults under load. The short form runs with all tests; `cargo xtask torture NAME` runs the long one.

mod load;
mod plugins;
mod recording;
mod streaming;
mod swap;

fn is_long() -> bool {
    std::env::var_os("UNDERTONE_TORTURE").is_some()
}

/// `short` with all tests, `long` when it is asked for.
fn scaled(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}
