//! Takes every configuration.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Host, Plugin, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry {
    name: Text::new("takes_anything"),
    create_plugin: Some(create_plugin),
    destroy_plugin: Some(destroy_plugin),
    ..GOOD
});

unsafe extern "C" fn create_plugin(
    host: *const Host,
    configuration: Text,
    plugin: *mut *mut Plugin,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: the arguments are the host's; the plugin made here is never used.
    unsafe {
        let status =
            GOOD.create_plugin.map_or(Status::FAILED, |create| create(host, configuration, plugin, error));
        if status != Status::OK {
            *plugin = std::ptr::without_provenance_mut(8);
        }
        Status::OK
    }
}

/// What was made from nonsense is no plugin, so nothing is given back.
unsafe extern "C" fn destroy_plugin(_plugin: *mut Plugin) {}
