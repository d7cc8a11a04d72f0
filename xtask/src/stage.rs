//! `stage`: a tree that runs from where it stands.
//!
//! ```text
//! target/stage/bin/undertone, undertone-plugin-host
//!              plugins/libundertone_plugin_*.so
//!              lib/libonnxruntime.so -> libonnxruntime.so.VERSION
//!              models/NAME/VERSION/
//! ```

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::console;
use crate::onnxruntime;
use crate::process;
use crate::progress::step;
use crate::tree;
use crate::workspace::{Member, Workspace};

/// The one name under which the server finds ONNX Runtime, whatever its version.
const LIBRARY_LINK: &str = "libonnxruntime.so";

/// The server, and the program that it runs a plugin in which is to be apart. Each is a package's only program.
const PROGRAMS: [&str; 2] = ["undertone", "undertone-plugin-host"];

/// How Cargo builds what is staged.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// Quick to build; what tests use.
    Dev,
    /// Optimised; what people run.
    Release,
}

impl Profile {
    /// The folder that Cargo builds into.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds the server and its plugins and lays out the tree; returns its root.
pub(crate) fn run(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    console::provide(workspace)?;
    step(&format!("build the server and its plugins ({})", profile.folder()), || build(workspace, profile))?;
    lay_out(workspace, profile)?;
    Ok(workspace.stage())
}

/// Lays out the tree from what Cargo has built already.
pub(crate) fn lay_out(workspace: &Workspace, profile: Profile) -> Result<()> {
    let stage = workspace.stage();
    let built = workspace.target.join(profile.folder());
    tree::hold(&stage.join("bin"), &PROGRAMS.map(|program| built.join(program)))?;
    tree::hold(&stage.join("plugins"), &libraries(&built, &workspace.plugins_below("plugins")))?;
    tree::mirror(&workspace.root.join("models"), &stage.join("models"))?;
    stage_onnxruntime(workspace, &stage.join("lib"))
}

/// Adds the plugins that only tests load: the examples, and those that misbehave on purpose.
pub(crate) fn add_test_plugins(workspace: &Workspace) -> Result<()> {
    let built = workspace.target.join(Profile::Dev.folder());
    for (folder, staged) in [("examples", "examples"), ("tests/bad-plugins", "bad-plugins")] {
        let members = workspace.plugins_below(folder);
        tree::hold(&workspace.stage().join(staged), &libraries(&built, &members))?;
    }
    Ok(())
}

fn build(workspace: &Workspace, profile: Profile) -> Result<()> {
    let mut cargo = process::cargo(workspace);
    cargo.arg("build");
    for program in PROGRAMS {
        cargo.args(["--package", program]);
    }
    for plugin in workspace.plugins_below("plugins") {
        cargo.args(["--package", &plugin.name]);
    }
    if let Profile::Release = profile {
        cargo.arg("--release");
    }
    process::run(&mut cargo)
}

fn libraries(built: &Path, members: &[&Member]) -> Vec<PathBuf> {
    let targets =
        members.iter().flat_map(|member| &member.targets).filter(|target| target.is_shared_library());
    targets.map(|target| built.join(target.shared_library())).collect()
}

fn stage_onnxruntime(workspace: &Workspace, folder: &Path) -> Result<()> {
    let onnxruntime = onnxruntime::provide(workspace)?;
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    for file in onnxruntime.notices.iter().chain([&onnxruntime.library]) {
        tree::place(file, &folder.join(named(file)?))?;
    }
    let name = named(&onnxruntime.library)?;
    if name == LIBRARY_LINK { Ok(()) } else { tree::link(Path::new(name), &folder.join(LIBRARY_LINK)) }
}

fn named(file: &Path) -> Result<&OsStr> {
    file.file_name().with_context(|| format!("{} has no file name", file.display()))
}
