//! The models that a server begins with.

use super::admission::{Admission, Key};
use super::shelf::{Held, Shelf, Stage};
use super::table::spelled;
use super::withheld::Record;
use super::{ModelSettings, ModelsError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use undertone_bundle::{Found, candidates};
use undertone_core::Model;
use undertone_plugin_host::PluginHost;

/// The models that a server begins with: of each name what its policy keeps, of those that can be served.
pub(crate) struct Initial {
    pub(super) admission: Admission,
    pub(super) shelf: Shelf,
    pub(super) folder: Folder,
    pub(super) record: Record,
}

/// The folder of models.
pub(super) struct Folder {
    /// Absolute, as events name it.
    pub(super) path: PathBuf,
    /// Why it cannot be read.
    pub(super) problem: Option<String>,
}

impl Initial {
    /// Loads them, but for those that `record` says were taken out of service by hand.
    pub(crate) fn load(settings: &ModelSettings, host: PluginHost, record: Record) -> Self {
        let path = std::path::absolute(&settings.dir).unwrap_or_else(|_| settings.dir.clone());
        let mut initial = Self {
            admission: Admission::new(host, settings),
            shelf: Shelf { withheld: record.read(), ..Shelf::default() },
            folder: Folder { path, problem: None },
            record,
        };
        for (name, found) in initial.folder.by_name() {
            initial.load_kept(settings, &name, &found);
        }
        initial
    }

    /// Loads the versions that the policy keeps; for one that is refused, the next one.
    fn load_kept(&mut self, settings: &ModelSettings, name: &str, found: &[Found]) {
        let (withheld, mut possible): (Vec<&Found>, Vec<&Found>) =
            found.iter().partition(|found| self.shelf.withheld.contains(&key_of(found)));
        for found in withheld {
            let key = key_of(found);
            let reason = self.shelf.withheld.versions.get(&key).cloned().unwrap_or_default();
            tracing::info!(model = spelled(&key), reason, "not loaded until somebody asks for it");
            self.shelf.put(key, &found.path, Stage::Unloaded { reason });
        }
        loop {
            let versions = possible.iter().map(|found| found.version.clone()).collect();
            let kept = settings.policies.of(name).keep(versions);
            let is_next = |found: &&&Found| {
                kept.contains(&found.version) && self.shelf.state_of(&key_of(found)).is_none()
            };
            let Some(&next) = possible.iter().rev().find(is_next) else { return };
            let key = key_of(next);
            let stage = match self.admit(&next.path, &key) {
                Ok(held) => Stage::Ready(held),
                Err(error) => {
                    tracing::error!(bundle = %next.path.display(), %error, "a bundle is refused");
                    possible.retain(|found| found.version != next.version);
                    Stage::Refused { reason: error.to_string() }
                }
            };
            self.shelf.put(key, &next.path, stage);
        }
    }

    fn admit(&self, path: &Path, key: &Key) -> Result<Held, ModelsError> {
        let opened = self.admission.open(path)?.belongs_to(key)?;
        Ok(Held::new(self.admission.load(opened.bundle)?, opened.unpacked))
    }

    /// The models, for the engine.
    pub(crate) fn models(&self) -> Vec<Arc<dyn Model>> {
        self.shelf.ready().map(|(_, model)| model.clone() as Arc<dyn Model>).collect()
    }
}

impl Folder {
    /// What lies in the folder, by the models' names.
    pub(super) fn by_name(&mut self) -> BTreeMap<String, Vec<Found>> {
        let found = match candidates(&self.path) {
            Ok(found) => {
                self.problem = None;
                found
            }
            Err(error) => {
                let problem = error.to_string();
                if self.problem.as_ref() != Some(&problem) {
                    tracing::error!(%error, "the folder of models cannot be read; it is looked for where it is watched");
                }
                self.problem = Some(problem);
                Vec::new()
            }
        };
        let mut by_name: BTreeMap<String, Vec<Found>> = BTreeMap::new();
        for found in found {
            by_name.entry(found.name.clone()).or_default().push(found);
        }
        by_name
    }
}

pub(super) fn key_of(found: &Found) -> Key {
    (found.name.clone(), found.version.clone())
}
