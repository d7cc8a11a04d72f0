//! An instance under test, from its making to its end.

use super::call;
use crate::conformance::outcome::{Outcome, must};
use crate::instance::LifeCycle;
use std::ptr;
use undertone_plugin_abi::{Instance, Plugin, Status, TextBuffer};

/// An instance; deactivated, where it is active, and destroyed when dropped.
#[derive(Debug)]
pub(super) struct ProbedInstance {
    raw: *mut Instance,
    active: bool,
    life_cycle: LifeCycle,
}

// SAFETY: the contract lets an instance move between threads; `&mut self` is asked for wherever it is used.
unsafe impl Send for ProbedInstance {}

impl ProbedInstance {
    /// One that is not active yet.
    pub(super) fn created(plugin: *const Plugin, life_cycle: LifeCycle) -> Outcome<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: the arguments are what the contract says.
        call(|error| unsafe { (life_cycle.create)(plugin, &raw mut raw, error) })?.ok("create_instance")?;
        must(!raw.is_null(), || "create_instance answered OK and made nothing".to_owned())?;
        Ok(Self { raw, active: false, life_cycle })
    }

    pub(super) fn activate(
        &mut self,
        activate: impl FnOnce(*mut Instance, *mut TextBuffer) -> Status,
    ) -> Outcome {
        call(|error| activate(self.raw, error))?.ok("activate")?;
        self.active = true;
        Ok(())
    }

    pub(super) fn deactivate(&mut self) {
        self.active = false;
        // SAFETY: the instance was active.
        unsafe { (self.life_cycle.deactivate)(self.raw) };
    }

    /// For a call of the library, which the exclusive borrow makes the only one.
    pub(super) fn raw(&mut self) -> *mut Instance {
        self.raw
    }
}

impl Drop for ProbedInstance {
    fn drop(&mut self) {
        if self.active {
            self.deactivate();
        }
        // SAFETY: the instance is ours alone and not active.
        unsafe { (self.life_cycle.destroy)(self.raw) };
    }
}
