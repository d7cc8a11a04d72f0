//! `[models]`

use super::Policies;
use std::path::PathBuf;
use std::time::Duration;
use undertone_bundle::Acceptance;

/// `[models]`
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// `models.dir`: bundles lie in `NAME/VERSION` below it.
    pub dir: PathBuf,
    /// `models.default`: answers when a client names no model.
    pub default: String,
    /// `models.policy`, `models.policies.NAME`: which versions are served.
    pub policies: Policies,
    /// `models.watch`: whether bundles that appear in `dir` are loaded.
    pub watch: bool,
    /// `models.watch_settle`: a bundle is looked at once nothing has changed for so long.
    pub watch_settle: Duration,
    /// `models.max_loads`: versions that are loaded at a time; more wait.
    pub max_loads: usize,
    /// `models.load_within`: a version that is not loaded by then is refused.
    pub load_within: Duration,
    /// `models.remote_control`: whether callers may load, unload and roll back.
    pub remote_control: bool,
    /// `models.unpack_dir`: archives are unpacked below it.
    pub unpack_dir: PathBuf,
    /// `models.trust`, `.trusted_keys`, `.max_bundle_bytes`, `.max_bundle_files`, `.max_unpack_ratio`.
    pub acceptance: Acceptance,
}
