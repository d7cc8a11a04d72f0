//! Where the RAVDESS clips are.

use std::path::{Path, PathBuf};

/// The data folder, or `None`, said loudly, when the clips are not there.
pub(crate) fn ravdess() -> Option<PathBuf> {
    let beside_the_repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = std::env::var_os("UNDERTONE_DATA").map_or(beside_the_repository, PathBuf::from);
    if data.join("ravdess/Actor_01").is_dir() {
        return Some(data);
    }
    eprintln!("SKIPPED: RAVDESS not found at {}", data.display());
    None
}
