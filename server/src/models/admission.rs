//! From a bundle's place to a model that can be served. What can be checked without running code of a plugin comes first.

use super::unpacked::{self, Unpacked};
use super::{ModelSettings, ModelsError};
use semver::Version;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use undertone_bundle::{ARCHIVE_ENDING, Acceptance, Bundle, Provenance, unpack};
use undertone_core::ModelRef;
use undertone_plugin_host::{LoadedModel, PluginCounter, PluginHost};

/// Name and version.
pub(crate) type Key = (String, Version);

/// Opens bundles and loads them. Everything here takes its time and is called where nobody waits.
#[derive(Debug)]
pub(crate) struct Admission {
    host: PluginHost,
    acceptance: Acceptance,
    unpack_dir: PathBuf,
}

/// A bundle whose files were verified, and of which no code has run.
pub(crate) struct Opened {
    pub(crate) bundle: Bundle,
    /// Where it lies; its archive, if it came as one.
    pub(crate) path: PathBuf,
    /// What it was unpacked to, and removed with this.
    pub(crate) unpacked: Option<Unpacked>,
}

/// A bundle that somebody brought, with its turn to be loaded: to unpack and verify it is work, too.
pub(crate) struct Brought {
    pub(crate) opened: Opened,
    pub(crate) turn: OwnedSemaphorePermit,
}

impl Opened {
    /// Name and version, as the manifest says.
    pub(crate) fn key(&self) -> Key {
        let manifest = self.bundle.manifest();
        let version = Version::parse(&manifest.version).expect("the version of an opened bundle was checked");
        (manifest.name.clone(), version)
    }

    /// The bundle must be the one that its place says.
    pub(crate) fn belongs_to(self, (name, version): &Key) -> Result<Self, ModelsError> {
        let own = self.key();
        if (&own.0, &own.1) == (name, version) {
            return Ok(self);
        }
        let model = reference_of(&own);
        Err(ModelsError::Misplaced { path: self.path, place: format!("{name}@{version}"), model })
    }
}

/// A key as the rest of the server spells it.
pub(crate) fn reference_of((name, version): &Key) -> ModelRef {
    ModelRef { name: name.clone(), version: version.to_string() }
}

impl Admission {
    pub(crate) fn new(host: PluginHost, settings: &ModelSettings) -> Self {
        let swept = unpacked::sweep(&settings.unpack_dir);
        if swept > 0 {
            tracing::info!(dir = %settings.unpack_dir.display(), swept, "removed unpacked bundles of servers that are gone");
        }
        Self { host, acceptance: settings.acceptance.clone(), unpack_dir: settings.unpack_dir.clone() }
    }

    /// Verifies the bundle at `path`, a folder or an archive, which is unpacked first.
    pub(crate) fn open(&self, path: &Path) -> Result<Opened, ModelsError> {
        let unpacked = is_archive(path).then(|| self.unpack(path)).transpose()?;
        let dir = unpacked.as_ref().map_or(path, |folder| folder.path());
        let bundle = Bundle::open_accepted(dir, &self.acceptance).map_err(|error| named(error, path))?;
        if let Provenance::Doubtful(why) = bundle.provenance() {
            tracing::warn!(bundle = %path.display(), %why, "a bundle without a good signature is accepted");
        }
        Ok(Opened { bundle, path: path.to_owned(), unpacked })
    }

    /// Loads its plugins, and compares what they give for its own sample with what it says.
    pub(crate) fn load(&self, bundle: Bundle) -> Result<Arc<LoadedModel>, ModelsError> {
        Ok(self.host.load_bundle(bundle)?)
    }

    pub(crate) fn plugin_counters(&self) -> Vec<PluginCounter> {
        self.host.counters()
    }

    fn unpack(&self, archive: &Path) -> Result<Unpacked, ModelsError> {
        let no_room = |source| ModelsError::NoRoom { path: archive.to_owned(), source };
        let folder = Unpacked::make(&self.unpack_dir).map_err(no_room)?;
        unpack(archive, folder.path(), self.acceptance.bounds)?;
        Ok(folder)
    }
}

pub(crate) fn is_archive(path: &Path) -> bool {
    path.to_string_lossy().ends_with(ARCHIVE_ENDING)
}

/// Names what the caller knows, and not the folder that an archive was unpacked to.
fn named(error: undertone_bundle::BundleError, path: &Path) -> ModelsError {
    use undertone_bundle::BundleError as Error;
    let dir = path.to_owned();
    ModelsError::Bundle(match error {
        Error::Read { file, source, .. } => Error::Read { dir, file, source },
        Error::Parse { file, source, .. } => Error::Parse { dir, file, source },
        Error::Invalid { mistakes, .. } => Error::Invalid { dir, mistakes },
        Error::Untrusted { why, .. } => Error::Untrusted { dir, why },
        other => other,
    })
}
