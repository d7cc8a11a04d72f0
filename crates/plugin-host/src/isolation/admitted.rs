//! What a model's processes load: what the server admitted, and nothing that was put in its place since then.

use crate::{HostError, PluginHost};
use serde::{Deserialize, Serialize};
use std::fs::File;
use undertone_bundle::{Bundle, Checksum};

/// The bundle and the library that the server admitted, by their checksums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Admitted {
    /// Of the bundle's manifest, which lists those of its files.
    manifest: String,
    /// Of the plugin's library.
    library: String,
}

impl Admitted {
    /// What lies there now.
    pub(crate) fn of(host: &PluginHost, bundle: &Bundle, plugin: &str) -> Result<Self, HostError> {
        let path = host.library_path(plugin)?;
        let library = File::open(&path).and_then(Checksum::of_reader);
        let library =
            library.map_err(|source| HostError::Missing { plugin: plugin.to_owned(), path, source })?;
        Ok(Self { manifest: bundle.checksum().to_string(), library: library.to_string() })
    }

    /// The error of something else that lies there now.
    pub(crate) fn check(&self, now: &Self, plugin: &str) -> Result<(), HostError> {
        let changed = match (self.manifest == now.manifest, self.library == now.library) {
            (true, true) => return Ok(()),
            (false, _) => "the bundle",
            (true, false) => "the plugin's library",
        };
        Err(HostError::Changed { plugin: plugin.to_owned(), what: changed })
    }
}
