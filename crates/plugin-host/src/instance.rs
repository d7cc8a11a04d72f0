//! An instance of a plugin.

use crate::plugin::PluginHandle;
use crate::text::{Failed, breach, call};
use std::ptr;
use std::sync::Arc;
use undertone_plugin_abi::{Instance, Plugin, Status, TextBuffer};

/// The functions with which every instance begins and ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LifeCycle {
    pub(crate) create: unsafe extern "C" fn(*const Plugin, *mut *mut Instance, *mut TextBuffer) -> Status,
    pub(crate) deactivate: unsafe extern "C" fn(*mut Instance),
    pub(crate) destroy: unsafe extern "C" fn(*mut Instance),
}

/// An active instance; deactivated and destroyed when dropped. It keeps its plugin alive.
#[derive(Debug)]
pub(crate) struct ActiveInstance {
    raw: *mut Instance,
    active: bool,
    life_cycle: LifeCycle,
    plugin: Arc<PluginHandle>,
}

// SAFETY: the contract lets an instance move between threads; `&mut self` is asked for wherever it is used.
unsafe impl Send for ActiveInstance {}

impl ActiveInstance {
    /// Makes an instance and activates it with `activate`.
    pub(crate) fn new(
        plugin: &Arc<PluginHandle>,
        life_cycle: LifeCycle,
        activate: impl FnOnce(*mut Instance, *mut TextBuffer) -> Status,
    ) -> Result<Self, Failed> {
        let mut raw = ptr::null_mut();
        call(plugin.name(), "create_instance", |error| {
            // SAFETY: the arguments are what the contract says.
            unsafe { (life_cycle.create)(plugin.raw(), &raw mut raw, error) }
        })?;
        if raw.is_null() {
            return Err(breach(plugin.name(), "create_instance", "it made nothing"));
        }
        let mut instance = Self { raw, active: false, life_cycle, plugin: Arc::clone(plugin) };
        call(plugin.name(), "activate", |error| activate(instance.raw, error))?;
        instance.active = true;
        Ok(instance)
    }

    /// For a call of the library, which the exclusive borrow makes the only one.
    pub(crate) fn raw(&mut self) -> *mut Instance {
        self.raw
    }

    /// Makes a call that reports a status and words.
    pub(crate) fn call(
        &mut self,
        what: &str,
        run: impl FnOnce(*mut Instance, *mut TextBuffer) -> Status,
    ) -> Result<(), Failed> {
        call(self.plugin.name(), what, |error| run(self.raw, error))
    }
}

impl Drop for ActiveInstance {
    fn drop(&mut self) {
        // SAFETY: the instance is ours alone, and destroyed only here. A broken one may still be deactivated
        // and destroyed.
        unsafe {
            if self.active {
                (self.life_cycle.deactivate)(self.raw);
            }
            (self.life_cycle.destroy)(self.raw);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody can say which of two is meant for a type that can be had twice, so that such a test is no program.
    trait HadOnce<Twice> {
        fn holds() {}
    }
    impl<T> HadOnce<()> for T {}
    impl<T: Clone> HadOnce<u8> for T {}

    #[test]
    fn nothing_is_given_back_twice_since_nothing_can_be_had_twice() {
        <ActiveInstance as HadOnce<_>>::holds();
        <PluginHandle as HadOnce<_>>::holds();
    }
}
