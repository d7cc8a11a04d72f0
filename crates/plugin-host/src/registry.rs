//! The models that can be asked for.

use crate::LoadedModel;
use semver::Version;
use std::collections::BTreeMap;
use std::sync::Arc;
use undertone_core::Model;

/// The models that can be asked for, by name and version.
#[derive(Debug)]
pub struct Registry<M: ?Sized = LoadedModel> {
    models: BTreeMap<String, BTreeMap<Version, Arc<M>>>,
}

/// Nobody has the model that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no model {wanted:?}; {}", existing(.exist))]
pub struct UnknownModel {
    /// What was asked for.
    pub wanted: String,
    /// What there is, each as `name@version`.
    pub exist: Vec<String>,
}

impl<M: Model + ?Sized> Registry<M> {
    /// A registry of `models`. A version that is no version counts as the oldest possible; of two models with
    /// equal name and version the later one stays.
    pub fn new(models: impl IntoIterator<Item = Arc<M>>) -> Self {
        let mut registry = Self { models: BTreeMap::new() };
        for model in models {
            registry.insert(model);
        }
        registry
    }

    /// Adds a model; answers the one with equal name and version that it replaced.
    pub fn insert(&mut self, model: Arc<M>) -> Option<Arc<M>> {
        let reference = model.reference();
        let version = Version::parse(&reference.version).unwrap_or(Version::new(0, 0, 0));
        self.models.entry(reference.name.clone()).or_default().insert(version, model)
    }

    /// The model `name@version`, or for `name` alone its latest version. A pre-release is the latest only
    /// where nothing else exists.
    pub fn resolve(&self, wanted: &str) -> Result<&Arc<M>, UnknownModel> {
        let found = match wanted.split_once('@') {
            Some((name, version)) => {
                Version::parse(version).ok().and_then(|version| self.models.get(name)?.get(&version))
            }
            None => self.latest_of(wanted, |_| true),
        };
        found.ok_or_else(|| UnknownModel {
            wanted: wanted.to_owned(),
            exist: self.list().map(|model| model.reference().to_string()).collect(),
        })
    }

    /// The latest version of `name` that fits. A pre-release is the latest only where nothing else fits.
    pub fn latest_of(&self, name: &str, fits: impl Fn(&M) -> bool) -> Option<&Arc<M>> {
        let fitting = || self.models.get(name).into_iter().flatten().rev().filter(|(_, model)| fits(model));
        let released = fitting().find(|(version, _)| version.pre.is_empty());
        released.or_else(|| fitting().next()).map(|(_, model)| model)
    }

    /// All models, by name and then by version, the latest last.
    pub fn list(&self) -> impl Iterator<Item = &Arc<M>> {
        self.models.values().flat_map(BTreeMap::values)
    }

    /// Whether there is no model.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }
}

impl<M: Model + ?Sized> Default for Registry<M> {
    fn default() -> Self {
        Self::new([])
    }
}

fn existing(models: &[String]) -> String {
    if models.is_empty() { "none is loaded".to_owned() } else { format!("there are: {}", models.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::{Classifier, Extractor, FrameLayout, ModelRef, PluginError};

    struct Named(ModelRef);

    #[test]
    fn the_latest_that_fits_is_a_release_where_there_is_one() {
        let named = |version: &str| Arc::new(Named(ModelRef { name: "cnn".into(), version: version.into() }));
        let registry = Registry::new(["1.0.0", "1.1.0", "1.2.0-int8"].map(named));
        let without = |left_out: &'static [&str]| {
            let fits = move |model: &Named| !left_out.contains(&model.0.version.as_str());
            registry.latest_of("cnn", fits).map(|model| model.0.version.as_str())
        };
        assert_eq!(without(&[]), Some("1.1.0"));
        assert_eq!(without(&["1.1.0"]), Some("1.0.0"));
        assert_eq!(without(&["1.1.0", "1.0.0"]), Some("1.2.0-int8"));
        assert_eq!(without(&["1.1.0", "1.0.0", "1.2.0-int8"]), None);
    }

    impl Model for Named {
        fn reference(&self) -> &ModelRef {
            &self.0
        }
        fn labels(&self) -> &[String] {
            &[]
        }
        fn layout(&self) -> &FrameLayout {
            unreachable!("only names are asked for")
        }
        fn temperature(&self) -> f32 {
            1.0
        }
        fn min_frames(&self) -> usize {
            1
        }
        fn new_extractor(&self) -> Result<Box<dyn Extractor>, PluginError> {
            unreachable!("only names are asked for")
        }
        fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
            unreachable!("only names are asked for")
        }
    }

    fn registry(models: &[(&str, &str)]) -> Registry<Named> {
        Registry::new(models.iter().map(|(name, version)| {
            Arc::new(Named(ModelRef { name: (*name).to_owned(), version: (*version).to_owned() }))
        }))
    }

    fn resolved(registry: &Registry<Named>, wanted: &str) -> String {
        registry.resolve(wanted).map_or_else(|error| error.to_string(), |model| model.0.to_string())
    }

    #[test]
    fn a_name_alone_means_the_latest_release() {
        let registry =
            registry(&[("cnn", "9.0.0"), ("cnn", "10.0.0"), ("cnn", "11.0.0-rc.1"), ("new", "1.0.0-a")]);
        assert_eq!(resolved(&registry, "cnn"), "cnn@10.0.0");
        assert_eq!(resolved(&registry, "cnn@9.0.0"), "cnn@9.0.0");
        assert_eq!(resolved(&registry, "cnn@11.0.0-rc.1"), "cnn@11.0.0-rc.1");
        assert_eq!(resolved(&registry, "new"), "new@1.0.0-a");
    }

    #[test]
    fn an_unknown_model_is_answered_with_those_that_exist() {
        let some = registry(&[("lstm", "1.0.0"), ("cnn", "1.0.0")]);
        let message = "there is no model \"cnn@2.0.0\"; there are: cnn@1.0.0, lstm@1.0.0";
        assert_eq!(resolved(&some, "cnn@2.0.0"), message);
        assert_eq!(resolved(&registry(&[]), "cnn"), "there is no model \"cnn\"; none is loaded");
    }
}
