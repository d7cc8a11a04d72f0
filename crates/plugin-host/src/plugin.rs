//! A configured plugin of a library.

use crate::HostError;
use crate::library::Library;
use crate::text::call;
use std::ptr;
use std::sync::PoisonError;
use undertone_plugin_abi::{Plugin, Text};

/// A configured plugin, given back when dropped. Its instances keep it alive.
#[derive(Debug)]
pub(crate) struct PluginHandle {
    library: &'static Library,
    raw: *mut Plugin,
}

// SAFETY: the contract says that a plugin may be used by any number of threads at once; what may not is done
// under the library's control lock.
unsafe impl Send for PluginHandle {}
// SAFETY: as above.
unsafe impl Sync for PluginHandle {}

impl PluginHandle {
    /// Makes a plugin of `library` from its JSON configuration.
    pub(crate) fn create(library: &'static Library, configuration: &str) -> Result<Self, HostError> {
        let _control = library.control.lock().unwrap_or_else(PoisonError::into_inner);
        let mut raw = ptr::null_mut();
        library.services.take_refusal();
        call(&library.name, "its configuration", |error| {
            let host = library.services.table();
            // SAFETY: the arguments are what the contract says; the control lock is held.
            unsafe { (library.entry.create_plugin)(host, Text::new(configuration), &raw mut raw, error) }
        })
        .map_err(|failed| match library.services.take_refusal() {
            // The plugin could only say that the host has none; the host knows why.
            Some(why) => HostError::OnnxRuntime { plugin: library.name.clone(), source: why },
            None => failed.error.into(),
        })?;
        if raw.is_null() {
            return Err(crate::text::breach(&library.name, "create_plugin", "it made nothing").error.into());
        }
        Ok(Self { library, raw })
    }

    /// The plugin's name.
    pub(crate) fn name(&self) -> &str {
        &self.library.name
    }

    /// For calls of the library; good for as long as `self`.
    pub(crate) fn raw(&self) -> *const Plugin {
        self.raw
    }
}

impl Drop for PluginHandle {
    fn drop(&mut self) {
        let _control = self.library.control.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: every instance holds the plugin, so none is left; the control lock is held.
        unsafe { (self.library.entry.destroy_plugin)(self.raw) };
    }
}
