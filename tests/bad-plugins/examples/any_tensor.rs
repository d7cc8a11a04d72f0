//! Describes every tensor that it is asked about, without looking how large the description is.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{
    Entry, Plugin, STREAM_STATE_EXTENSION, StateTensor, Status, StreamStateTable, Text, TextBuffer,
};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("any_tensor"), get_extension: Some(get_extension), ..GOOD });

unsafe extern "C" fn get_extension(id: Text) -> *const core::ffi::c_void {
    static TABLE: std::sync::OnceLock<StreamStateTable> = std::sync::OnceLock::new();
    // SAFETY: the text is the host's; the kit's extension is a constant table.
    let own = GOOD.get_extension.map_or(std::ptr::null(), |get_extension| unsafe { get_extension(id) });
    if own.is_null() {
        return own;
    }
    let table = TABLE.get_or_init(|| StreamStateTable {
        describe: Some(describe),
        // SAFETY: the kit answers nothing else to the only id that it knows.
        ..unsafe { own.cast::<StreamStateTable>().read() }
    });
    std::ptr::from_ref(table).cast()
}

unsafe extern "C" fn describe(
    _plugin: *const Plugin,
    _index: u32,
    tensor: *mut StateTensor,
    _error: *mut TextBuffer,
) -> Status {
    // SAFETY: none where the host's description is shorter.
    unsafe {
        (*tensor).length = 2;
        (*tensor).name = Text::new(STREAM_STATE_EXTENSION);
    }
    Status::OK
}
