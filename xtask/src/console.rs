//! `console`: the pages that the server holds, built from `web/` and the TypeScript client.
//!
//! They are built in the target folder, from copies, and laid into `web/dist`, where the server's build script finds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::npm;
use crate::progress::{note, step};
use crate::sdk;
use crate::tree;
use crate::workspace::Workspace;

/// What the pages are made of.
const SOURCES: [&str; 3] = ["proto", "sdk/typescript", "web"];
/// Not of it: what is made, or fetched.
const MADE: [&str; 4] = ["node_modules", "dist", "generated", "built"];
/// The pictures of docs/console.md, and where they are kept.
const PICTURES: [&str; 7] = [
    "live-file-wide-light",
    "live-microphone-narrow-dark",
    "streams-wide-light",
    "analytics-wide-light-top",
    "models-wide-dark",
    "experiment-wide-light-top",
    "experiment-ramp-wide-light",
];
const KEPT: &str = "docs/pictures";
/// Where Debian and others put the browser.
const CHROMIUM: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/// Builds the pages, if something changed since; tells where they are.
pub(crate) fn run(workspace: &Workspace) -> Result<PathBuf> {
    let dist = workspace.root.join("web/dist");
    let stamp = workspace.target.join("console/built.sha256");
    let wanted = checksum(workspace)?;
    let is_current = fs::read_to_string(&stamp).is_ok_and(|built| built == wanted);
    if !is_current || !dist.join("index.html").is_file() {
        let built = build(workspace)?;
        step("lay the console out", || lay_out(&built, &dist))?;
        fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    }
    Ok(dist)
}

/// Builds the pages where there is an npm. A server that is built without says so on its page, and here.
pub(crate) fn provide(workspace: &Workspace) -> Result<()> {
    if std::env::var_os(sdk::SKIP).is_some() {
        note(&format!("SKIPPED: {} is set; the console is not built", sdk::SKIP));
        return Ok(());
    }
    if !npm::is_there() {
        note(&format!("SKIPPED: the server is built without its console; {}", npm::NEEDED));
        return Ok(());
    }
    let advice =
        || format!("the server's console needs it; with {}=1 the server is built without", sdk::SKIP);
    run(workspace).map(drop).with_context(advice)
}

/// Tells the runner of the tests where the project and a browser are.
pub(crate) fn tell(workspace: &Workspace, runner: &mut Command) {
    runner.env("UNDERTONE_PICTURES", workspace.target.join("console/pictures"));
    runner.env("UNDERTONE_CONSOLE_PROJECT", workspace.target.join("console/web"));
    match CHROMIUM.iter().find(|program| Path::new(program).is_file()) {
        Some(chromium) => {
            runner.env("UNDERTONE_CHROMIUM", chromium);
        }
        None => note(
            "SKIPPED: there is no Chromium; neither the TypeScript client nor the console is tested in a browser. Install \
             Debian's package `chromium`",
        ),
    }
}

/// Keeps the pictures of docs/console.md, as the tests have made them.
pub(crate) fn keep_pictures(workspace: &Workspace) -> Result<()> {
    let made = workspace.target.join("console/pictures");
    let pictures = PICTURES.map(|name| made.join(format!("{name}.png")));
    tree::hold(&workspace.root.join(KEPT), &pictures)
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("console");
    for source in SOURCES {
        copy(&workspace.root.join(source), &folder.join(source))?;
    }
    for project in ["sdk/typescript", "web"] {
        tree::link(&npm::node_modules(workspace, project)?, &folder.join(project).join("node_modules"))?;
    }
    let (client, pages) = (folder.join("sdk/typescript"), folder.join("web"));
    step("build the TypeScript client", || npm::run(&client, "build"))?;
    step("build the console", || npm::run(&pages, "build"))?;
    Ok(pages.join("built"))
}

/// Copies a project's own files; what is gone there goes here, but for what is made.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("create {}", to.display()))?;
    let sources = files(from)?;
    for file in &sources {
        let target = to.join(file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        }
        tree::place(&from.join(file), &target)?;
    }
    for file in files(to)?.iter().filter(|file| !sources.contains(file)) {
        fs::remove_file(to.join(file)).with_context(|| format!("remove {}", file.display()))?;
    }
    Ok(())
}

/// A project's own files, below its folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    gather(folder, Path::new(""), &mut found)?;
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder.join(below));
    for entry in entries.with_context(|| format!("read {}", folder.join(below).display()))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if MADE.iter().any(|made| path.ends_with(made)) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(folder, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Of everything that the pages are made of.
fn checksum(workspace: &Workspace) -> Result<String> {
    let mut digest = Sha256::new();
    for source in SOURCES {
        let folder = workspace.root.join(source);
        for file in files(&folder)? {
            digest.update(file.to_string_lossy().as_bytes());
            digest.update(fs::read(folder.join(&file)).with_context(|| format!("read {}", file.display()))?);
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Makes `dist` hold the pages. The file that keeps the folder in the repository stays.
fn lay_out(built: &Path, dist: &Path) -> Result<()> {
    const KEEPER: &str = ".gitignore";
    tree::place(&dist.join(KEEPER), &built.join(KEEPER))?;
    tree::mirror(built, dist)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_projects_own_files_and_keeps_what_was_made_there() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for file in ["src/main.ts", "node_modules/uplot/index.js", "built/index.html", "package.json"] {
            fs::create_dir_all(from.join(file).parent().unwrap()).unwrap();
            fs::write(from.join(file), "x").unwrap();
        }
        fs::create_dir_all(to.join("node_modules")).unwrap();
        fs::write(to.join("old.ts"), "x").unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(files(&to).unwrap(), [Path::new("package.json"), Path::new("src/main.ts")]);
        assert!(to.join("node_modules").is_dir() && !to.join("built").exists());
    }

    #[test]
    fn pages_are_laid_out_beside_the_file_that_keeps_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (built, dist) = (folder.path().join("built"), folder.path().join("dist"));
        fs::create_dir(&built).unwrap();
        fs::create_dir(&dist).unwrap();
        fs::write(dist.join(".gitignore"), "*").unwrap();
        fs::write(dist.join("old.js"), "x").unwrap();
        fs::write(built.join("index.html"), "x").unwrap();
        lay_out(&built, &dist).unwrap();
        assert!(dist.join(".gitignore").is_file() && dist.join("index.html").is_file());
        assert!(!dist.join("old.js").exists());
    }
}
