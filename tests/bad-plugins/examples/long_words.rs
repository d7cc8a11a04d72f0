//! Writes more words than there is room for.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Host, Plugin, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("long_words"), create_plugin: Some(create_plugin), ..GOOD });

unsafe extern "C" fn create_plugin(
    host: *const Host,
    configuration: Text,
    plugin: *mut *mut Plugin,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: none for the words; the rest is what the contract says.
    unsafe {
        let status =
            GOOD.create_plugin.map_or(Status::FAILED, |create| create(host, configuration, plugin, error));
        (*error).data.add((*error).capacity).write_bytes(b'!', 8);
        status
    }
}
