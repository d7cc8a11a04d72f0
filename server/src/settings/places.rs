//! Where an installed Undertone keeps its parts.

use std::path::{Path, PathBuf};

/// The folders around the program: `ROOT/bin/undertone`, `ROOT/plugins`, `ROOT/models`, `ROOT/lib`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    root: PathBuf,
}

impl Places {
    /// The places around the running program; around the working folder when it cannot be told.
    pub fn around_program() -> Self {
        let program = std::env::current_exe().and_then(|path| path.canonicalize());
        let root = program.ok().and_then(|path| path.parent()?.parent().map(Path::to_path_buf));
        Self { root: root.unwrap_or_else(|| PathBuf::from(".")) }
    }

    /// The places below `root`.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the plugin libraries lie.
    pub fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    /// The program that runs a plugin in a process of its own.
    pub fn plugin_host(&self) -> PathBuf {
        self.root.join("bin/undertone-plugin-host")
    }

    /// Where the bundles lie.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }
}
