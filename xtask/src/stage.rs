//! `stage`: a tree that runs from where it stands.
//!
//! ```text
//! target/stage/bin/undertone, undertone-plugin-host
//!              plugins/libundertone_plugin_*.so, and what extractors say about their frames
//!              lib/libonnxruntime.so -> libonnxruntime.so.VERSION
//!              models/NAME/VERSION/
//! ```

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Plugins that take long to build and are staged only where somebody asks for them.
pub(crate) const OPTIONAL: [&str; 1] = ["tract"];

/// How Cargo builds what is staged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build; what tests use.
    Dev,
    /// Optimised; what people run.
    Release,
}

impl Profile {
    /// Optimised or not.
    pub(crate) fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// The folder that Cargo builds into.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds the server and its plugins, of the [`OPTIONAL`] ones those in `with`, and lays out the tree; returns its root.
pub(crate) fn run(workspace: &Workspace, profile: Profile, with: &[&str]) -> Result<PathBuf> {
    console::provide(workspace)?;
    let what = format!("build the server and its plugins ({})", profile.folder());
    step(&what, || build(workspace, profile, with))?;
    lay_out(workspace, profile, with)?;
    Ok(workspace.stage())
}

/// The optional plugins of these names.
pub(crate) fn known(names: &[String]) -> Result<Vec<&'static str>> {
    let known = |name: &String| {
        let found = OPTIONAL.into_iter().find(|own| own == name);
        found.with_context(|| {
            format!("there is no optional plugin {name:?}; there is {}", OPTIONAL.join(", "))
        })
    };
    names.iter().map(known).collect()
}

/// The plugins that are staged.
fn plugins<'a>(workspace: &'a Workspace, with: &[&str]) -> Vec<&'a Member> {
    let is_left_out = |member: &Member| {
        let name = member.name.strip_prefix("undertone-plugin-").unwrap_or(&member.name);
        OPTIONAL.contains(&name) && !with.contains(&name)
    };
    let all = workspace.plugins_below("plugins").into_iter();
    all.filter(|member| !is_left_out(member)).collect()
}

/// Lays out the tree from what Cargo has built already.
pub(crate) fn lay_out(workspace: &Workspace, profile: Profile, with: &[&str]) -> Result<()> {
    let stage = workspace.stage();
    let built = workspace.target.join(profile.folder());
    tree::hold(&stage.join("bin"), &PROGRAMS.map(|program| built.join(program)))?;
    tree::hold(&stage.join("plugins"), &libraries(&built, &plugins(workspace, with)))?;
    tree::mirror(&workspace.root.join("models"), &stage.join("models"))?;
    stage_onnxruntime(workspace, &stage.join("lib"))?;
    note_features(&stage)
}

/// Has the extractors write down what frames they make for the staged models, so that a bundle for other frames is refused
/// before its extractor is loaded.
fn note_features(stage: &Path) -> Result<()> {
    let mut undertone = Command::new(stage.join("bin/undertone"));
    undertone.args(["plugin", "note"]);
    let mut any = false;
    for model in folders_in(&stage.join("models"))? {
        for version in folders_in(&model)?.iter().filter(|version| version.join("bundle.toml").is_file()) {
            undertone.arg(version);
            any = true;
        }
    }
    if any { process::capture(&mut undertone).map(drop) } else { Ok(()) }
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = paths.with_context(|| format!("read {}", folder.display()))?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}

/// Where plugins lie that only tests load, and where they are staged: the examples, and those that misbehave on purpose.
const TEST_PLUGINS: [(&str, &str); 2] = [("examples", "examples"), ("tests/bad-plugins", "bad-plugins")];

/// The packages of the plugins that only tests load.
pub(crate) fn test_plugins(workspace: &Workspace) -> Vec<&Member> {
    TEST_PLUGINS.into_iter().flat_map(|(folder, _)| workspace.plugins_below(folder)).collect()
}

/// Adds them.
pub(crate) fn add_test_plugins(workspace: &Workspace, profile: Profile) -> Result<()> {
    let built = workspace.target.join(profile.folder());
    for (folder, staged) in TEST_PLUGINS {
        let members = workspace.plugins_below(folder);
        tree::hold(&workspace.stage().join(staged), &libraries(&built, &members))?;
    }
    Ok(())
}

fn build(workspace: &Workspace, profile: Profile, with: &[&str]) -> Result<()> {
    let mut cargo = process::cargo(workspace);
    cargo.arg("build");
    for program in PROGRAMS {
        cargo.args(["--package", program]);
    }
    for plugin in plugins(workspace, with) {
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
