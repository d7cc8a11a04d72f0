//! Names in settings that fit nothing: a mistake in spelling, or a bundle that is still to come.

use crate::models::{Models, VersionPolicy};
use crate::settings::Settings;
use std::collections::HashSet;

/// Tells about names of models, plugins and versions in `settings` that nothing has.
pub(crate) fn warn_of_misnamed(settings: &Settings, models: &Models) {
    let known = Known::of(models);
    let isolated = settings.isolation.exceptions.keys().map(|name| ("plugins.isolation_of", name));
    let substituted = settings.classifiers.keys().map(|name| ("plugins.classifier_of", name));
    let unknown = |name: &String| !known.models.contains(name) && !known.plugins.contains(name);
    for (setting, name) in isolated.chain(substituted).filter(|(_, name)| unknown(name)) {
        tracing::warn!(setting, name, "no model that is served has this name, or a plugin of this name");
    }
    for (name, policy) in &settings.models.policies.of_model {
        let VersionPolicy::Pinned(pinned) = policy else { continue };
        let missing = pinned.iter().map(|version| format!("{name}@{version}"));
        for model in missing.filter(|model| !known.versions.contains(model)) {
            let folder = settings.models.dir.display();
            tracing::warn!(setting = "models.policies", model, %folder, "the folder has no bundle of this version");
        }
    }
}

/// What a server knows by name.
#[derive(Default)]
struct Known {
    models: HashSet<String>,
    /// As `NAME@VERSION`.
    versions: HashSet<String>,
    plugins: HashSet<String>,
}

impl Known {
    fn of(models: &Models) -> Self {
        let mut known = Self::default();
        for version in models.versions() {
            known.versions.insert(version.reference.to_string());
            known.models.insert(version.reference.name);
        }
        for model in models.ready().list() {
            let plugin = &model.manifest().plugin;
            known
                .plugins
                .extend([&plugin.classifier, &plugin.extractor, model.classifier_plugin()].map(String::from));
        }
        known
    }
}
