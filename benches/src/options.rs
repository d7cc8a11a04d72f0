//! How the benchmarks of a running server are to be taken.

use std::path::PathBuf;
use undertone_plugin_host::{HostConfig, PluginHost, Registry};

/// How the benchmarks of a running server are to be taken.
#[derive(Debug, Clone)]
pub struct Options {
    /// The staged tree: program, plugins, ONNX Runtime.
    pub stage: PathBuf,
    /// Where the bundles lie.
    pub models_dir: PathBuf,
    /// Fewer and shorter runs.
    pub quick: bool,
}

impl Options {
    /// Loads the staged plugins and the bundles, in this process.
    pub(crate) fn host(&self) -> PluginHost {
        PluginHost::new(HostConfig {
            plugins_dir: self.stage.join("plugins"),
            models_dir: self.models_dir.clone(),
            onnxruntime: None,
        })
    }

    /// All bundles that can be loaded.
    pub(crate) fn models(&self) -> Registry {
        Registry::new(self.host().load_all().models)
    }
}
