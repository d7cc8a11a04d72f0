//! A classifier plugin with one model's weights.

use crate::call::RunningCall;
use crate::classifier::PluginClassifier;
use crate::functions::ClassifierFunctions;
use crate::instance::{ActiveInstance, LifeCycle};
use crate::item_rules::ItemRules;
use crate::plugin::PluginHandle;
use crate::text::{Failed, breach, call};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use undertone_bundle::Limits;
use undertone_core::PluginError;
use undertone_plugin_abi::{Call, ClassifierDescription, ClassifierSpec, Instance, Status, TextBuffer};

/// Streams that one worker asks for at once when busy.
const USUAL_BATCH: u32 = 16;

/// A classifier plugin with one model's weights; makes instances.
#[derive(Debug)]
pub(crate) struct ClassifierKind {
    pub(crate) plugin: Arc<PluginHandle>,
    pub(crate) functions: ClassifierFunctions,
    /// Which items it is shown.
    pub(crate) rules: ItemRules,
    pub(crate) label_count: usize,
    pub(crate) replaced: Arc<AtomicU64>,
    pub(crate) cancelled: Arc<AtomicBool>,
    run_limit: Duration,
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
    /// A run that takes longer comes too late for whoever waits.
    pub(crate) run_limit: Duration,
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
        let Shared { limits, replaced, cancelled, run_limit } = shared;
        let rules = ItemRules { plugin: plugin.name().to_owned(), dim: description.dim as usize, limits };
        Ok(Self {
            plugin: Arc::new(plugin),
            functions,
            rules,
            label_count: description.label_count as usize,
            replaced,
            cancelled,
            run_limit,
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
        let spec =
            ClassifierSpec { size, usual_batch: USUAL_BATCH, max_frames: self.rules.limits.max_frames };
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
        let running = RunningCall::within(self.run_limit, &self.cancelled);
        let called = active.call(what, |instance, error| run(instance, running.handle(), error));
        called.map_err(|failed| {
            if failed.broken {
                *instance = None;
            }
            failed.error
        })
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
