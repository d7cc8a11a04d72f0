//! Which plugins of a host run in processes of their own.

use super::model::{Around, IsolatedModel};
use super::observer::ProcessObserver;
use super::order::Order;
use super::settings::{Isolation, IsolationConfig};
use crate::{HostConfig, HostError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use undertone_bundle::{Bundle, Manifest};

/// Which plugins of a host run in processes of their own, and who is told of them.
#[derive(Clone)]
pub(crate) struct Apart {
    pub(crate) config: IsolationConfig,
    pub(crate) observer: Arc<dyn ProcessObserver>,
}

impl std::fmt::Debug for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.config.fmt(f)
    }
}

impl Apart {
    /// The bundle's classifier in processes of its own, if that is wanted. The first process compares what the plugin says
    /// with the manifest. `counters` count what had to be replaced, and tell whether runs are to be given up.
    pub(crate) fn model(
        &self,
        bundle: &Bundle,
        host: &HostConfig,
        (replaced, cancelled): (&Arc<AtomicU64>, &Arc<AtomicBool>),
    ) -> Result<Option<IsolatedModel>, HostError> {
        let Manifest { name, plugin, .. } = bundle.manifest();
        if self.config.exceptions.get(&plugin.extractor) == Some(&Isolation::Process) {
            return Err(HostError::ExtractorApart { plugin: plugin.extractor.clone() });
        }
        if self.config.of(name, &plugin.classifier) == Isolation::InProcess {
            return Ok(None);
        }
        let around = Around {
            process: self.config.process.clone(),
            order: self.order(bundle, host),
            replaced: Arc::clone(replaced),
            cancelled: Arc::clone(cancelled),
            observer: Arc::clone(&self.observer),
        };
        IsolatedModel::start(bundle, around).map(Some)
    }

    /// Absolute paths: a process works in another folder.
    fn order(&self, bundle: &Bundle, host: &HostConfig) -> Order {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let process = &self.config.process;
        Order {
            plugin: bundle.manifest().plugin.classifier.clone(),
            bundle: absolute(bundle.dir()),
            plugins_dir: absolute(&host.plugins_dir),
            onnxruntime: host.onnxruntime.as_deref().map(absolute),
            memory_bytes: process.memory_bytes,
            answer_within: process.answer_within,
            readable: process.readable.clone(),
        }
    }
}
