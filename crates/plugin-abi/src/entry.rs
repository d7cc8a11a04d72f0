//! The one symbol of a library.

use crate::{ClassifierTable, ExtractorTable, Host, Status, Text, TextBuffer};
use core::ffi::c_void;

/// Major version of the contract; a host refuses a library with another one.
pub const ABI_MAJOR: u32 = 1;
/// Minor version of the contract; a host refuses a library with a higher one.
pub const ABI_MINOR: u32 = 0;
/// Name of the symbol that a library exports, closed by a zero as the dynamic linker wants it.
///
/// cbindgen:no-export
pub const ENTRY_SYMBOL: &core::ffi::CStr = c"undertone_plugin_entry";

/// One configuration of a library, for instance one set of weights. Only the library knows what is inside.
///
/// May be used by any number of threads at once. Outlives its instances.
pub struct Plugin {
    _opaque: (),
}

/// The working state of one worker or one stream. Only the library knows what is inside.
pub struct Instance {
    _opaque: (),
}

/// What a library exports as the constant `undertone_plugin_entry`. It and all that it points to never
/// change.
#[repr(C)]
#[derive(Debug)]
pub struct Entry {
    /// Size of this table in bytes.
    pub size: u32,
    /// The contract's major version that the library was built for.
    pub abi_major: u32,
    /// The contract's minor version that the library was built for.
    pub abi_minor: u32,
    /// Zero.
    pub reserved: u32,
    /// The plugin's name, as bundles and file names spell it. Static.
    pub name: Text,
    /// The plugin's own version. Static.
    pub version: Text,
    /// Purpose: an optional ability of the library, a table that `id` names.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: the table is the library's, and constant.
    /// Lifetime: the table, as long as the process; `id`, the call.
    /// Errors: null when the library has no such ability.
    pub get_extension: Option<unsafe extern "C" fn(id: Text) -> *const c_void>,
    /// Purpose: makes a plugin from a configuration, a JSON object whose keys the plugin's kind and
    /// documentation name. Everything about the configuration that can be wrong, weights included, is
    /// reported here.
    /// Threads: `[control]`.
    /// State: none is needed.
    /// Ownership: `*plugin` is the library's and is given back with destroy_plugin. `host`, `configuration` and
    /// `error` are the host's.
    /// Lifetime: `*plugin` until destroy_plugin; `host`, as long as the process, so that it may be kept;
    /// `configuration` and `error`, the call.
    /// Errors: REFUSED for a wrong configuration, FAILED otherwise; then `*plugin` is left as it was.
    pub create_plugin: Option<
        unsafe extern "C" fn(
            host: *const Host,
            configuration: Text,
            plugin: *mut *mut Plugin,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: gives a plugin back.
    /// Threads: `[control]`.
    /// State: all instances of the plugin were destroyed.
    /// Ownership: takes `plugin`, which is not used again.
    /// Lifetime: `plugin` ends with this call.
    /// Errors: none.
    pub destroy_plugin: Option<unsafe extern "C" fn(plugin: *mut Plugin)>,
    /// The functions of plugins that turn samples into frames; null when this library's do not.
    pub extractor: *const ExtractorTable,
    /// The functions of plugins that score frames; null when this library's do not.
    pub classifier: *const ClassifierTable,
}

// SAFETY: the contract says that an entry and everything it points to is constant.
unsafe impl Sync for Entry {}
