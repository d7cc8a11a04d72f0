//! The walls between the parts of the workspace, as rules that a machine can check.

mod dependency;
mod length;
mod setting;
mod source;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::progress::note;
use crate::workspace::Workspace;

/// Folders that hold nothing written by hand.
const SKIPPED: [&str; 5] = ["target", ".git", ".cache", "node_modules", "generated"];

/// A wall that was crossed.
#[derive(Debug, PartialEq)]
struct Violation {
    /// The file, below the repository root.
    file: PathBuf,
    /// Which wall, and where it stands.
    sentence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file.display(), self.sentence)
    }
}

/// A text file of the repository.
struct SourceFile {
    /// Below the repository root.
    path: PathBuf,
    text: String,
}

/// Fails when a wall is crossed, naming each place.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let files = files(&workspace.root)?;
    let mut violations = dependency::violations(workspace);
    violations.extend(source::violations(workspace, &files));
    violations.extend(setting::violations(&files));
    violations.extend(length::violations(&files));
    length::long_files(&files).iter().for_each(|line| note(line));
    if violations.is_empty() {
        return Ok(());
    }
    for violation in &violations {
        eprintln!("{violation}");
    }
    bail!("{} walls crossed", violations.len())
}

/// Reads the Rust sources, manifests and settings of the repository.
fn files(root: &Path) -> Result<Vec<SourceFile>> {
    let mut paths = Vec::new();
    collect(root, &mut paths).with_context(|| format!("list the files of {}", root.display()))?;
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let path = path.strip_prefix(root).map(Path::to_path_buf).unwrap_or(path);
        Ok(SourceFile { path, text })
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let is_folder = entry.file_type()?.is_dir();
        if is_folder && !SKIPPED.iter().any(|name| entry.file_name() == *name) {
            collect(&path, paths)?;
        } else if !is_folder
            && path.extension().is_some_and(|extension| extension == "rs" || extension == "toml")
        {
            paths.push(path);
        }
    }
    Ok(())
}
