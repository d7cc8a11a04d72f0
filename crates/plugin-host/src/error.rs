//! Why a plugin or a bundle could not be loaded.

use std::path::PathBuf;
use undertone_bundle::BundleError;
use undertone_core::{ErrorKind, PluginError};
use undertone_plugin_abi::{ABI_MAJOR, ABI_MINOR};

/// A plugin or a bundle could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The bundle's files are not what they should be.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is no library of that name.
    #[error("plugin {plugin}: there is no library {path}: {source}", path = path.display())]
    Missing {
        /// The plugin that was asked for.
        plugin: String,
        /// Where its library should be.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The dynamic linker refused the library, or it exports no entry.
    #[error("{path} cannot be loaded as a plugin: {why}", path = path.display(), why = why_not_loaded(source))]
    Open {
        /// The library.
        path: PathBuf,
        /// What the linker said.
        source: libloading::Error,
    },
    /// The plugin was built for a version of the contract that this host does not speak.
    #[error(
        "{what} was built for version {major}.{minor} of the plugin contract, this host speaks {ABI_MAJOR}.{ABI_MINOR}: \
         rebuild it for this host"
    )]
    Version {
        /// The library or bundle.
        what: String,
        /// Its major version.
        major: u32,
        /// Its minor version.
        minor: u32,
    },
    /// The library does not keep the contract.
    #[error("{path} breaks the plugin contract: {what}", path = path.display())]
    Contract {
        /// The library.
        path: PathBuf,
        /// How.
        what: String,
    },
    /// The plugin refused its configuration or failed in making something.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A plugin needs ONNX Runtime, which is not there.
    #[error("plugin {plugin} needs ONNX Runtime: {source}")]
    OnnxRuntime {
        /// The plugin that asked.
        plugin: String,
        /// Why it is not there.
        source: OnnxRuntimeError,
    },
    /// The model was trained on other features than the extractor plugin makes.
    #[error(
        "bundle {dir}: {what} is {manifest} in the manifest, but the plugin {plugin} says {reported}; \
         train the model again or use the plugin it was trained with",
        dir = dir.display()
    )]
    Mismatch {
        /// The bundle.
        dir: PathBuf,
        /// What differs.
        what: &'static str,
        /// The manifest's value.
        manifest: String,
        /// The plugin that says otherwise.
        plugin: String,
        /// Its value.
        reported: String,
    },
    /// The model computes something else than what was trained.
    #[error(
        "bundle {dir}: for the golden frames graph.{graph} in the plugin {plugin} gives {label:?} the logit {found}, \
         expected {expected} within {tolerance}; it does not compute what was trained",
        dir = dir.display()
    )]
    Golden {
        /// The bundle.
        dir: PathBuf,
        /// The plugin that ran its graph.
        plugin: String,
        /// Which graph: whole or stream.
        graph: &'static str,
        /// The label whose logit is furthest off.
        label: String,
        /// The manifest's logit.
        expected: f32,
        /// The plugin's logit.
        found: f32,
        /// The manifest's tolerance.
        tolerance: f32,
    },
    /// The process that was to run the plugin could not load it.
    #[error("plugin {plugin} cannot be run in a process of its own: {message}")]
    Process {
        /// The plugin.
        plugin: String,
        /// Why, in words.
        message: String,
        /// The kind for the caller.
        kind: ErrorKind,
    },
    /// The system lacks a part of what a plugin's process is to be locked in with, and that is required.
    #[error("plugin {plugin}: plugins.process.require_confinement is set, and this system lacks {missing}")]
    Unconfined {
        /// The plugin.
        plugin: String,
        /// What is missing, and why.
        missing: String,
    },
    /// Something else lies there than what was admitted.
    #[error(
        "plugin {plugin}: {what} was changed since it was loaded; load the model again to use what is there now"
    )]
    Changed {
        /// The plugin.
        plugin: String,
        /// What changed.
        what: &'static str,
    },
    /// Another library lies there than the one that is loaded, and only one of them can be.
    #[error(
        "{path} is another library than the one that was loaded from there, and cannot be loaded beside it: it looks for other \
         files beside itself, or this system gives out no files in memory; restart the server to use it",
        path = path.display()
    )]
    Unreplaceable {
        /// The library.
        path: PathBuf,
    },
    /// The model fails before anybody has asked it anything.
    #[error("bundle {dir}: it fails at a made-up signal of {seconds:.1} s: {source}", dir = dir.display())]
    Trial {
        /// The bundle.
        dir: PathBuf,
        /// How much of the signal it heard.
        seconds: f32,
        /// What happened.
        source: PluginError,
    },
    /// What an extractor says about its frames cannot be kept.
    #[error("{path} cannot be written: {source}", path = path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Two folders hold the same model in the same version.
    #[error("{dir} holds {model} a second time", dir = dir.display())]
    Duplicate {
        /// The second folder.
        dir: PathBuf,
        /// Name and version.
        model: String,
    },
}

/// What the linker said. The error's own words name the function that failed, the reason stands behind it.
pub(crate) fn why_not_loaded(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

impl HostError {
    /// The kind for the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Plugin(error) | Self::Trial { source: error, .. } => error.kind(),
            Self::Process { kind, .. } => *kind,
            Self::Missing { .. }
            | Self::Open { .. }
            | Self::OnnxRuntime { .. }
            | Self::Note { .. }
            | Self::Unreplaceable { .. }
            | Self::Unconfined { .. } => ErrorKind::Unavailable,
            Self::Bundle(_)
            | Self::Version { .. }
            | Self::Contract { .. }
            | Self::Mismatch { .. }
            | Self::Golden { .. }
            | Self::Changed { .. }
            | Self::Duplicate { .. } => ErrorKind::InvalidInput,
        }
    }
}

/// ONNX Runtime could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnnxRuntimeError {
    /// No library was found.
    #[error(
        "it is not at {searched}: run `cargo xtask stage`, or set `onnxruntime.path` to the library of a version \
         from 1.24 to 1.28"
    )]
    Missing {
        /// The file that was configured, or the pattern that was looked for.
        searched: String,
    },
    /// The library cannot be loaded.
    #[error("{path} cannot be loaded: {message}")]
    Open {
        /// The library.
        path: String,
        /// What the linker said.
        message: String,
    },
    /// The library is of a version that is not used.
    #[error("{path} is version {version}; {why}: use a version from 1.24 to 1.28")]
    Version {
        /// The library.
        path: String,
        /// What it says about itself.
        version: String,
        /// What is wrong with it.
        why: &'static str,
    },
}
