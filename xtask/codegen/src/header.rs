//! The C header of the plugin contract, from the types of `crates/plugin-abi`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::artifact::Artifact;

const HEADER: &str = "crates/plugin-abi/include/undertone_plugin.h";

/// Generates `undertone_plugin.h` with the settings in `crates/plugin-abi/cbindgen.toml`.
pub(crate) fn generate(root: &Path) -> Result<Artifact> {
    let folder = root.join("crates/plugin-abi");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))
        .map_err(|reason| anyhow!("read crates/plugin-abi/cbindgen.toml: {reason}"))?;
    let bindings = cbindgen::Builder::new()
        .with_crate(&folder)
        .with_config(config)
        .generate()
        .context("generate the plugin header")?;
    let mut contents = Vec::new();
    bindings.write(&mut contents);
    Ok(Artifact { path: PathBuf::from(HEADER), contents })
}
