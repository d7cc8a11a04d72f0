//! A classifier plugin with one model's weights.

use crate::call::RunningCall;
use crate::classifier::PluginClassifier;
use crate::functions::ClassifierFunctions;
use crate::instance::{ActiveInstance, LifeCycle};
use crate::plugin::PluginHandle;
use crate::text::{Failed, breach, call, error_of};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use undertone_bundle::Limits;
use undertone_core::{FramesView, PluginError};
use undertone_plugin_abi::{Call, ClassifierDescription, ClassifierSpec, Instance, Status, TextBuffer};

/// Streams that one worker asks for at once when busy.
const USUAL_BATCH: u32 = 16;

/// A classifier plugin with one model's weights; makes instances.
#[derive(Debug)]
pub(crate) struct ClassifierKind {
    pub(crate) plugin: Arc<PluginHandle>,
    pub(crate) functions: ClassifierFunctions,
    pub(crate) dim: usize,
    pub(crate) label_count: usize,
    pub(crate) limits: Limits,
    pub(crate) replaced: Arc<AtomicU64>,
    pub(crate) cancelled: Arc<AtomicBool>,
}

/// What instances of one model share beside the plugin.
#[derive(Debug)]
pub(crate) struct Shared {
    /// How long an item may be.
    pub(crate) limits: Limits,
    /// Counts the instances that had to be replaced.
    pub(crate) replaced: Arc<AtomicU64>,
    /// Whether runs are to be given up.
    pub(crate) cancelled: Arc<AtomicBool>,
}

impl ClassifierKind {
    /// Asks the plugin what it takes and gives.
    pub(crate) fn new(
        plugin: PluginHandle,
        functions: ClassifierFunctions,
        shared: Shared,
    ) -> Result<Self, PluginError> {
        let description = described(&plugin, &functions)?;
        if description.dim == 0 || description.label_count == 0 {
            return Err(breach(plugin.name(), "describe", "it takes no values or gives no scores").error);
        }
        let Shared { limits, replaced, cancelled } = shared;
        Ok(Self {
            plugin: Arc::new(plugin),
            functions,
            dim: description.dim as usize,
            label_count: description.label_count as usize,
            limits,
            replaced,
            cancelled,
        })
    }

    /// Asks the plugin again.
    pub(crate) fn described(&self) -> Result<ClassifierDescription, PluginError> {
        described(&self.plugin, &self.functions)
    }

    /// Makes a classifier for one worker.
    pub(crate) fn classifier(self: &Arc<Self>) -> Result<PluginClassifier, PluginError> {
        PluginClassifier::new(Arc::clone(self))
    }

    /// Makes an active instance.
    pub(crate) fn instance(&self) -> Result<ActiveInstance, Failed> {
        let functions = &self.functions;
        let life_cycle = LifeCycle {
            create: functions.create_instance,
            deactivate: functions.deactivate,
            destroy: functions.destroy_instance,
        };
        let size = size_of::<ClassifierSpec>() as u32;
        let spec = ClassifierSpec { size, usual_batch: USUAL_BATCH, max_frames: self.limits.max_frames };
        ActiveInstance::new(&self.plugin, life_cycle, |instance, error| {
            // SAFETY: the arguments are what the contract says.
            unsafe { (functions.activate)(instance, &raw const spec, error) }
        })
    }

    /// Makes a call of an instance, of a new one when the last was lost. An instance that broke is given up.
    pub(crate) fn call(
        &self,
        instance: &mut Option<ActiveInstance>,
        what: &str,
        run: impl FnOnce(*mut Instance, *const Call, *mut TextBuffer) -> Status,
    ) -> Result<(), PluginError> {
        let active = match &mut *instance {
            Some(active) => active,
            lost => {
                let active = lost.insert(self.instance().map_err(|failed| failed.error)?);
                self.replaced.fetch_add(1, Ordering::Relaxed);
                active
            }
        };
        let running = RunningCall::start(&self.cancelled);
        let called = active.call(what, |instance, error| run(instance, running.handle(), error));
        called.map_err(|failed| {
            if failed.broken {
                *instance = None;
            }
            failed.error
        })
    }

    /// Why `item` is not shown to the plugin.
    pub(crate) fn refusal(&self, item: FramesView<'_>) -> Option<PluginError> {
        if item.len() < self.limits.min_frames as usize {
            let (frames, fewest) = (item.len(), self.limits.min_frames);
            return Some(self.refused(format!("it has {frames} frames, {fewest} are the fewest")));
        }
        self.refusal_of_size(item)
    }

    /// Why `item` is too large, or its frames are of another kind.
    pub(crate) fn refusal_of_size(&self, item: FramesView<'_>) -> Option<PluginError> {
        let (frames, most) = (item.len(), self.limits.max_frames);
        let message = if item.dim != self.dim {
            format!("it has {} values per frame, the model takes {}", item.dim, self.dim)
        } else if frames > most as usize {
            format!("it has {frames} frames, {most} are the most")
        } else {
            return None;
        };
        Some(self.refused(message))
    }

    /// An item that the plugin is not shown.
    pub(crate) fn refused(&self, message: String) -> PluginError {
        error_of(self.plugin.name(), "an item", Status::REFUSED, message)
    }
}

fn described(
    plugin: &PluginHandle,
    functions: &ClassifierFunctions,
) -> Result<ClassifierDescription, PluginError> {
    let size = size_of::<ClassifierDescription>() as u32;
    let mut description = ClassifierDescription { size, dim: 0, label_count: 0 };
    call(plugin.name(), "describe", |error| {
        // SAFETY: the arguments are what the contract says.
        unsafe { (functions.describe)(plugin.raw(), &raw mut description, error) }
    })
    .map_err(|failed| failed.error)?;
    Ok(description)
}
