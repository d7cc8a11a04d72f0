//! Has every extension that it is asked for.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Text};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("any_extension"), get_extension: Some(get_extension), ..GOOD });

unsafe extern "C" fn get_extension(_id: Text) -> *const core::ffi::c_void {
    GOOD.classifier.cast()
}
