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
    pub(crate) src_path: PathBuf,
}

impl Workspace {
    /// Asks Cargo; needs no network and builds nothing.
    pub(crate) fn load() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut command = Command::new(process::cargo_program());
        command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root);
        let output = process::capture(&mut command)?;
        serde_json::from_str(&output).context("read what `cargo metadata` says")
    }

    /// Everything fetched once and kept over `cargo clean`; `UNDERTONE_CACHE` moves it.
    pub(crate) fn cache(&self) -> PathBuf {
        std::env::var_os("UNDERTONE_CACHE").map_or_else(|| self.root.join(".cache"), PathBuf::from)
    }

    /// The runnable tree that `stage` lays out.
    pub(crate) fn stage(&self) -> PathBuf {
        self.target.join("stage")
    }

    /// The corpora used by tests and the demo, which are not part of the repository; `UNDERTONE_DATA` names the folder.
    pub(crate) fn data(&self) -> PathBuf {
        std::env::var_os("UNDERTONE_DATA").map_or_else(|| self.root.join("../shared/data"), PathBuf::from)
    }

    /// The members that live below `folder` (a path below the root) and build a shared library.
    pub(crate) fn shared_libraries(&self, folder: &str) -> Vec<&Member> {
        let folder = self.root.join(folder);
        let inside = self.members.iter().filter(|member| member.manifest_path.starts_with(&folder));
        inside.filter(|member| member.shared_library().is_some()).collect()
    }

    /// The version that all members share.
    pub(crate) fn version(&self) -> Result<&str> {
        let server = self.members.iter().find(|member| member.name == "undertone");
        Ok(&server.context("the workspace has no package `undertone`")?.version)
    }
}

impl Member {
    /// The name of the package's `cdylib` target, if it has one.
    pub(crate) fn shared_library(&self) -> Option<&str> {
        let is_cdylib = |target: &&Target| target.kind.iter().any(|kind| kind == "cdylib");
        self.targets.iter().find(is_cdylib).map(|target| target.name.as_str())
    }
}
