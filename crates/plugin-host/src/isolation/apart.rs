//! Which plugins of a host run in processes of their own.

use super::admitted::Admitted;
use super::extractors::IsolatedExtractors;
use super::facts::Around;
use super::model::IsolatedModel;
use super::observer::ProcessObserver;
use super::order::{Order, Part};
use super::settings::{Isolation, IsolationConfig};
use super::tally::Totals;
use crate::{HostError, PluginHost};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use undertone_bundle::Bundle;

/// Which plugins of a host run in processes of their own, and who is told of them.
#[derive(Clone)]
pub(crate) struct Apart {
    pub(crate) config: IsolationConfig,
    pub(crate) observer: Arc<dyn ProcessObserver>,
    /// What the plugins counted.
    pub(crate) totals: Arc<Totals>,
}

/// What counts the plugins of a model that had to be replaced, and what tells whether runs are to be given up.
pub(crate) type Signals<'a> = (&'a Arc<AtomicU64>, &'a Arc<AtomicBool>);

impl std::fmt::Debug for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.config.fmt(f)
    }
}

impl Apart {
    /// The bundle's classifier, run by `plugin`, in processes of its own, if that is wanted. The first process compares what the plugin says
    /// with the manifest.
    pub(crate) fn classifier(
        &self,
        (bundle, plugin): (&Bundle, &str),
        host: &PluginHost,
        signals: Signals<'_>,
    ) -> Result<Option<IsolatedModel>, HostError> {
        let around = self.around((bundle, Part::Classifier, plugin), host, signals);
        around?.map(|around| IsolatedModel::start(bundle, around)).transpose()
    }

    /// The bundle's extractor in processes of its own, if that is wanted. What it says is yet to be compared with the manifest.
    pub(crate) fn extractor(
        &self,
        bundle: &Bundle,
        host: &PluginHost,
        signals: Signals<'_>,
    ) -> Result<Option<IsolatedExtractors>, HostError> {
        let plugin = &bundle.manifest().plugin.extractor;
        let around = self.around((bundle, Part::Extractor, plugin), host, signals);
        around?.map(|around| IsolatedExtractors::start(bundle, around)).transpose()
    }

    fn around(
        &self,
        which: (&Bundle, Part, &str),
        host: &PluginHost,
        (replaced, cancelled): Signals<'_>,
    ) -> Result<Option<Around>, HostError> {
        let (bundle, _, plugin) = which;
        if self.config.of(&bundle.manifest().name, plugin) == Isolation::InProcess {
            return Ok(None);
        }
        Ok(Some(Around {
            process: self.config.process.clone(),
            order: self.order(which, host)?,
            replaced: Arc::clone(replaced),
            cancelled: Arc::clone(cancelled),
            observer: Arc::clone(&self.observer),
            totals: Arc::clone(&self.totals),
        }))
    }

    /// Absolute paths: a process works in another folder.
    fn order(
        &self,
        (bundle, part, plugin): (&Bundle, Part, &str),
        host: &PluginHost,
    ) -> Result<Order, HostError> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let process = &self.config.process;
        Ok(Order {
            part,
            plugin: plugin.to_owned(),
            substitutes: [(bundle.manifest().name.clone(), plugin.to_owned())].into(),
            bundle: absolute(bundle.dir()),
            admitted: Admitted::of(host, bundle, plugin)?,
            plugins_dir: absolute(&host.config.plugins_dir),
            onnxruntime: host.config.onnxruntime.as_deref().map(absolute),
            require_confinement: process.require_confinement,
            memory_bytes: process.memory_bytes,
            answer_within: process.answer_within,
            readable: process.readable.clone(),
        })
    }
}
