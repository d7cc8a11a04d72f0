//! Has its extension in another place every time.

use std::sync::atomic::{AtomicBool, Ordering};
use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Text};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

static AWAY: AtomicBool = AtomicBool::new(false);

export_entry!(Entry { name: Text::new("moving_extension"), get_extension: Some(get_extension), ..GOOD });

unsafe extern "C" fn get_extension(id: Text) -> *const core::ffi::c_void {
    if AWAY.fetch_xor(true, Ordering::Relaxed) {
        return std::ptr::null();
    }
    // SAFETY: the text is the host's.
    GOOD.get_extension.map_or(std::ptr::null(), |get_extension| unsafe { get_extension(id) })
}
