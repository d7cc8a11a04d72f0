//! Refuses and does not say why.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Host, Plugin, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("wordless"), create_plugin: Some(create_plugin), ..GOOD });

unsafe extern "C" fn create_plugin(
    host: *const Host,
    configuration: Text,
    plugin: *mut *mut Plugin,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: the arguments are the host's.
    unsafe {
        let status =
            GOOD.create_plugin.map_or(Status::FAILED, |create| create(host, configuration, plugin, error));
        (*error).length = 0;
        status
    }
}
