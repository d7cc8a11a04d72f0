//! `package`: an archive to install on another machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::step;
use crate::stage::{self, Profile};
use crate::tree;
use crate::workspace::Workspace;

/// What is taken from the staged tree.
const STAGED: [&str; 4] = ["bin", "plugins", "lib", "models"];

/// Writes `undertone-VERSION-TARGET.tar.gz` to `out`, or to the target folder's `package`.
pub(crate) fn run(workspace: &Workspace, out: Option<PathBuf>) -> Result<()> {
    let stage = stage::run(workspace, Profile::Release, &[])?;
    let name = format!("undertone-{}-{}", workspace.version()?, host()?);
    let parent = workspace.target.join("package");
    gather(workspace, &stage, &parent.join(&name))?;

    let out = out.unwrap_or_else(|| parent.clone());
    fs::create_dir_all(&out).with_context(|| format!("create {}", out.display()))?;
    let archive = out.join(format!("{name}.tar.gz"));
    step("write the archive", || archive_folder(&parent, &name, &archive))?;
    println!("{}", archive.display());
    Ok(())
}

fn gather(workspace: &Workspace, stage: &Path, folder: &Path) -> Result<()> {
    for part in STAGED {
        tree::mirror(&stage.join(part), &folder.join(part))?;
    }
    tree::mirror(&workspace.root.join("config"), &folder.join("config"))?;
    tree::mirror(&workspace.root.join("crates/plugin-abi/include"), &folder.join("include"))?;
    for file in ["README.md", "LICENSE"] {
        tree::place(&workspace.root.join(file), &folder.join(file))?;
    }
    Ok(())
}

/// Owner, order and times are fixed, so equal contents give an equal list.
fn archive_folder(parent: &Path, name: &str, archive: &Path) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "-czf"]);
    process::run(tar.arg(archive).arg("-C").arg(parent).arg(name))
}

/// The platform's target triple.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = process::capture(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}
