//! Real speech for tests: the corpus beside the project where there is one, and the clip that the project ships.

use std::path::{Path, PathBuf};

/// The folder with `index.csv`: `$UNDERTONE_DATA`, or `../shared/data` beside the project. `None`, loudly, when absent.
pub fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("UNDERTONE_DATA").map_or(beside, PathBuf::from);
    if folder.join("index.csv").is_file() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: no speech corpus at {} (UNDERTONE_DATA); real clips are not tested",
        folder.display()
    );
    None
}

/// The clip that the project ships: synthesised speech, 16 kHz mono WAV.
pub fn shipped_clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo/undertone-demo.wav")
}

/// A clip of an acting test speaker where the corpus is there, else the shipped one.
pub fn real_clip() -> PathBuf {
    corpus().map_or_else(shipped_clip, |folder| folder.join("ravdess/Actor_02/03-01-05-02-01-01-02.flac"))
}
