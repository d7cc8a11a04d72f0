//! An extractor plugin with one recipe.

use crate::extractor::PluginExtractor;
use crate::functions::ExtractorFunctions;
use crate::instance::{ActiveInstance, LifeCycle};
use crate::plugin::PluginHandle;
use crate::text::{Failed, breach, call, text_of};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use undertone_core::{FrameGrid, FrameLayout, PIPELINE_RATE, PluginError};
use undertone_plugin_abi::{ExtractorDescription, ExtractorSpec, MAX_DIM, Text};

/// 64 ms at the pipeline's rate; sessions mostly push less at once, and every stream holds the room.
const USUAL_PUSH_SAMPLES: u32 = 1024;

/// An extractor plugin with one recipe; makes instances.
#[derive(Debug)]
pub(crate) struct ExtractorKind {
    pub(crate) plugin: Arc<PluginHandle>,
    pub(crate) functions: ExtractorFunctions,
    pub(crate) layout: FrameLayout,
    pub(crate) fingerprint: String,
    pub(crate) replaced: Arc<AtomicU64>,
}

impl ExtractorKind {
    /// Asks the plugin what its frames look like. `replaced` counts the instances that had to be replaced.
    pub(crate) fn new(
        plugin: PluginHandle,
        functions: ExtractorFunctions,
        replaced: Arc<AtomicU64>,
    ) -> Result<Self, PluginError> {
        let (layout, fingerprint) = described(&plugin, &functions)?;
        Ok(Self { plugin: Arc::new(plugin), functions, layout, fingerprint, replaced })
    }

    /// Asks the plugin again.
    pub(crate) fn described(&self) -> Result<(FrameLayout, String), PluginError> {
        described(&self.plugin, &self.functions)
    }

    /// Makes an extractor for one stream at a time.
    pub(crate) fn extractor(self: &Arc<Self>) -> Result<PluginExtractor, PluginError> {
        PluginExtractor::new(Arc::clone(self))
    }

    /// Makes an active instance.
    pub(crate) fn instance(&self) -> Result<ActiveInstance, Failed> {
        let functions = &self.functions;
        let life_cycle = LifeCycle {
            create: functions.create_instance,
            deactivate: functions.deactivate,
            destroy: functions.destroy_instance,
        };
        let size = size_of::<ExtractorSpec>() as u32;
        let spec = ExtractorSpec { size, usual_push_samples: USUAL_PUSH_SAMPLES };
        ActiveInstance::new(&self.plugin, life_cycle, |instance, error| {
            // SAFETY: the arguments are what the contract says.
            unsafe { (functions.activate)(instance, &raw const spec, error) }
        })
    }
}

fn described(
    plugin: &PluginHandle,
    functions: &ExtractorFunctions,
) -> Result<(FrameLayout, String), PluginError> {
    let mut description = ExtractorDescription {
        size: size_of::<ExtractorDescription>() as u32,
        sample_rate_hz: 0,
        dim: 0,
        hop_samples: 0,
        window_samples: 0,
        look_ahead_frames: 0,
        fingerprint: Text::EMPTY,
        columns: ptr::null(),
    };
    call(plugin.name(), "describe", |error| {
        // SAFETY: the arguments are what the contract says.
        unsafe { (functions.describe)(plugin.raw(), &raw mut description, error) }
    })
    .map_err(|failed| failed.error)?;
    // SAFETY: the plugin filled the description, and its texts live as long as it.
    unsafe { read(&description) }.map_err(|what| breach(plugin.name(), "describe", what).error)
}

/// # Safety
/// The description was filled by a plugin that lives.
unsafe fn read(description: &ExtractorDescription) -> Result<(FrameLayout, String), String> {
    let &ExtractorDescription { sample_rate_hz, dim, hop_samples, window_samples, columns, .. } = description;
    if sample_rate_hz != PIPELINE_RATE.hz() {
        return Err(format!("it wants {sample_rate_hz} Hz, there are {} Hz", PIPELINE_RATE.hz()));
    }
    if !(1..=MAX_DIM).contains(&dim) || hop_samples == 0 || window_samples == 0 || columns.is_null() {
        return Err("its frames have no values, hop, window or columns".to_owned());
    }
    // SAFETY: the contract says that there are `dim` names, and that names and fingerprint live as long as
    // the plugin.
    let (names, fingerprint) = unsafe {
        let names = std::slice::from_raw_parts(columns, dim as usize);
        let names: Option<Vec<_>> = names.iter().map(|name| text_of(*name)).collect();
        (names, text_of(description.fingerprint))
    };
    let layout = FrameLayout {
        dim: dim as usize,
        grid: FrameGrid { hop_samples, window_samples },
        look_ahead_frames: description.look_ahead_frames,
        columns: names.ok_or("a column's name is no text")?,
    };
    Ok((layout, fingerprint.ok_or("its fingerprint is no text")?))
}
