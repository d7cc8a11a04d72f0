//! How the benchmarks of a running server are to be taken.

use std::path::PathBuf;

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
