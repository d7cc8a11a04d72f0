//! The example extractor in C, compiled by the machine's compiler, and a model over its frames.

use crate::repository;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use undertone_bundle::{Bundle, Dim, Features};

/// The model that hears nothing but loudness.
pub const LOUD: &str = "loud";

/// Compiles the example in C, against nothing but the header; `change` may make another library of it.
///
/// # Errors
/// With what the compiler says.
pub fn compile_energy(folder: &Path, change: impl FnOnce(String) -> String) -> anyhow::Result<PathBuf> {
    let root = repository();
    let source = std::fs::read_to_string(root.join("examples/energy/energy.c"))?;
    let work = tempfile::TempDir::new()?;
    let (changed, library) = (work.path().join("energy.c"), folder.join("libundertone_plugin_energy.so"));
    std::fs::write(&changed, change(source))?;
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-g", "-fPIC", "-shared", "-I"])
        .arg(root.join("crates/plugin-abi/include"))
        .arg("-o")
        .arg(&library)
        .arg(&changed)
        .arg("-lm")
        .output()
        .context("there is no C compiler")?;
    if !compiled.status.success() {
        bail!("{}", String::from_utf8_lossy(&compiled.stderr));
    }
    Ok(library)
}

/// Writes a version of [`LOUD`] below the folder of models: the example classifier in Rust over the frames of the one in C.
///
/// # Errors
/// When it cannot be written.
pub fn write_loud(models: &Path, version: &str) -> anyhow::Result<PathBuf> {
    let example = Bundle::open(&repository().join("examples/linear/bundle"))?;
    let mut manifest = example.manifest().clone();
    (manifest.name, manifest.version) = (LOUD.to_owned(), version.to_owned());
    manifest.plugin.extractor = "energy".to_owned();
    let fingerprint = "energy/1 window=400 hop=160 floor=1e-10".to_owned();
    manifest.features = Features::from_recipe_json(fingerprint, 1, "{}")?;
    manifest.graph.whole.input.dims[2] = Dim::Fixed(1);
    let weights = "{\"weights\": [[-0.1], [0.1]], \"bias\": [-3.0, 3.0]}";
    let files: [(&str, &[u8]); 2] = [("weights.json", weights.as_bytes()), ("card.md", b"# Loud\n")];
    let dir = models.join(LOUD).join(version);
    Bundle::write(&dir, manifest, &files)?;
    Ok(dir)
}
