//! The workspace as Cargo sees it, and the folders the commands share.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// What `cargo metadata` tells about the workspace.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    /// The repository root.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where Cargo builds; follows `CARGO_TARGET_DIR`.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// The workspace's own packages.
    #[serde(rename = "packages")]
    pub(crate) members: Vec<Member>,
}

/// One package of the workspace.
#[derive(Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// A dependency as a manifest names it.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
}

/// Something Cargo builds from a package.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) crate_types: Vec<String>,
    pub(crate) src_path: PathBuf,
}

impl Workspace {
    /// Asks Cargo; needs no network and builds nothing.
    pub(crate) fn load() -> Result<Self> {
        // Cargo's own word at run time: with a target folder shared by two checkouts, what was compiled in may name the other.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = Path::new(&package).join("..");
        let mut command = Command::new(process::cargo_program());
        command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root);
        let output = process::capture(&mut command)?;
        serde_json::from_str(&output).context("read what `cargo metadata` says")
    }

    /// Everything fetched once and kept over `cargo clean`; `UNDERTONE_CACHE` moves it.
    pub(crate) fn cache(&self) -> PathBuf {
        self.folder("UNDERTONE_CACHE", ".cache")
    }

    /// The runnable tree that `stage` lays out.
    pub(crate) fn stage(&self) -> PathBuf {
        self.target.join("stage")
    }

    /// The corpora used by tests and the demo, which are not part of the repository; `UNDERTONE_DATA` names the folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder("UNDERTONE_DATA", "../shared/data")
    }

    /// The members that live below `folder` (a path below the root) and build shared libraries.
    pub(crate) fn plugins_below(&self, folder: &str) -> Vec<&Member> {
        let folder = self.root.join(folder);
        let inside = self.members.iter().filter(|member| member.manifest_path.starts_with(&folder));
        inside.filter(|member| member.targets.iter().any(Target::is_shared_library)).collect()
    }

    /// The version that all members share.
    pub(crate) fn version(&self) -> Result<&str> {
        let server = self.members.iter().find(|member| member.name == "undertone");
        Ok(&server.context("the workspace has no package `undertone`")?.version)
    }

    /// The folder that a variable names, else the default; either may be relative to the root.
    fn folder(&self, variable: &str, default: &str) -> PathBuf {
        self.root.join(std::env::var_os(variable).unwrap_or_else(|| default.into()))
    }
}

impl Target {
    pub(crate) fn is_shared_library(&self) -> bool {
        self.crate_types.iter().any(|kind| kind == "cdylib")
    }

    /// Where Cargo puts the shared library, below the profile's folder.
    pub(crate) fn shared_library(&self) -> PathBuf {
        let is_example = self.kind.iter().any(|kind| kind == "example");
        let folder = if is_example { "examples" } else { "" };
        Path::new(folder).join(format!("lib{}.so", self.name.replace('-', "_")))
    }
}
