//! Where the kit for authors lies.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

const FOLDER: &str = "crates/plugin-sdk";

/// The folder of the kit, absolute: the one that was `given`, or the one of the checkout around the working folder or the
/// program.
pub(super) fn find(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        let found = given.canonicalize().with_context(|| given.display().to_string())?;
        if !is_kit(&found) {
            bail!("{} is not the folder {FOLDER} of a checkout", given.display());
        }
        return Ok(found);
    }
    let around = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    let mut folders = around.iter().flatten().flat_map(|place| place.ancestors());
    let found = folders.find_map(|folder| folder.join(FOLDER).canonicalize().ok().filter(|kit| is_kit(kit)));
    found.with_context(|| {
        format!(
            "plugins in Rust are built with {FOLDER} of a checkout of Undertone: say where it is with --sdk"
        )
    })
}

fn is_kit(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|manifest| manifest.contains("\"undertone-plugin-sdk\""))
}
