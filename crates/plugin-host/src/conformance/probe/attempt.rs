//! An attempt to configure a plugin.

use super::{Answer, call_with_words};
use crate::conformance::outcome::Outcome;
use crate::library::Library;
use std::ptr;
use std::sync::PoisonError;
use undertone_plugin_abi::{Host, Plugin, Text};

/// An attempt to configure a plugin; what it made is given back at the end.
#[derive(Debug)]
pub(crate) struct Attempt {
    library: &'static Library,
    raw: *mut Plugin,
    pub(crate) answer: Answer,
    /// Whether the place for the plugin was written to.
    pub(crate) made: bool,
}

/// Lets `library` make a plugin from `configuration`, with room for `capacity` bytes of words; `host` is the table of this
/// process's host unless given.
pub(crate) fn attempt(
    library: &'static Library,
    configuration: &[u8],
    capacity: usize,
    host: Option<*const Host>,
) -> Outcome<Attempt> {
    let _control = library.control.lock().unwrap_or_else(PoisonError::into_inner);
    // Anything but null, so that a place that is written to is told from one that is left as it was.
    let untouched = ptr::without_provenance_mut(1);
    let mut raw: *mut Plugin = untouched;
    let text = Text { data: configuration.as_ptr().cast(), length: configuration.len() };
    let host = host.unwrap_or_else(|| library.services.table());
    let answer = call_with_words(capacity, |error| {
        // SAFETY: the arguments are what the contract says; the control lock is held.
        unsafe { (library.entry.create_plugin)(host, text, &raw mut raw, error) }
    })?;
    Ok(Attempt { library, raw, answer, made: raw != untouched && !raw.is_null() })
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.answer.is_ok() && self.made {
            let _control = self.library.control.lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: create_plugin made it and nobody else has it; the control lock is held.
            unsafe { (self.library.entry.destroy_plugin)(self.raw) };
        }
    }
}
