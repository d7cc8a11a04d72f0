//! The exported symbol.

use crate::{ClassifierPlugin, ExtractorPlugin, classifier_shims, extractor_shims, streaming_shims};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr;
use undertone_plugin_abi::{ABI_MAJOR, ABI_MINOR, Entry, Text};

/// The entry table of an extractor; [`export_plugin!`](crate::export_plugin) uses it.
#[derive(Debug)]
pub struct ExtractorEntry<P>(PhantomData<P>);

impl<P: ExtractorPlugin> ExtractorEntry<P> {
    /// What the library exports.
    pub const ENTRY: Entry = Entry {
        create_plugin: Some(extractor_shims::Shims::<P>::create_plugin),
        destroy_plugin: Some(extractor_shims::Shims::<P>::destroy_plugin),
        extractor: &extractor_shims::Shims::<P>::TABLE,
        ..entry(P::NAME, P::VERSION)
    };
}

/// The entry table of a classifier; [`export_plugin!`](crate::export_plugin) uses it.
#[derive(Debug)]
pub struct ClassifierEntry<P>(PhantomData<P>);

impl<P: ClassifierPlugin> ClassifierEntry<P> {
    /// What the library exports.
    pub const ENTRY: Entry = Entry {
        create_plugin: Some(classifier_shims::Shims::<P>::create_plugin),
        destroy_plugin: Some(classifier_shims::Shims::<P>::destroy_plugin),
        classifier: &classifier_shims::Shims::<P>::TABLE,
        get_extension: Some(streaming_shims::Shims::<P>::get_extension),
        ..entry(P::NAME, P::VERSION)
    };
}

const fn entry(name: &'static str, version: &'static str) -> Entry {
    Entry {
        size: size_of::<Entry>() as u32,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        reserved: 0,
        name: Text::new(name),
        version: Text::new(version),
        get_extension: Some(no_extension),
        create_plugin: None,
        destroy_plugin: None,
        extractor: ptr::null(),
        classifier: ptr::null(),
    }
}

/// Extractors made with this crate have no optional abilities.
unsafe extern "C" fn no_extension(_id: Text) -> *const c_void {
    ptr::null()
}

/// Exports a plugin from the library: `export_plugin!(extractor MyPlugin)` or `export_plugin!(classifier
/// MyPlugin)`, once per crate, which is built as a `cdylib`.
#[macro_export]
macro_rules! export_plugin {
    (extractor $plugin:ty) => {
        $crate::export_plugin!(@entry $crate::ExtractorEntry::<$plugin>::ENTRY);
    };
    (classifier $plugin:ty) => {
        $crate::export_plugin!(@entry $crate::ClassifierEntry::<$plugin>::ENTRY);
    };
    (@entry $entry:expr) => {
        /// What the host finds.
        #[allow(non_upper_case_globals, unsafe_code, reason = "the contract names the symbol")]
        // SAFETY: no other symbol of a plugin has this name.
        #[unsafe(no_mangle)]
        pub static undertone_plugin_entry: $crate::abi::Entry = $entry;
    };
}
