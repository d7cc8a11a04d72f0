//! Cuts words within a character.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Host, Plugin, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("split_words"), create_plugin: Some(create_plugin), ..GOOD });

unsafe extern "C" fn create_plugin(
    host: *const Host,
    configuration: Text,
    plugin: *mut *mut Plugin,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: the host lends `capacity` bytes for the call.
    unsafe {
        let status =
            GOOD.create_plugin.map_or(Status::FAILED, |create| create(host, configuration, plugin, error));
        if status != Status::OK {
            let words = "äöü".repeat(1_000);
            (*error).length = words.len().min((*error).capacity);
            (*error).data.copy_from(words.as_ptr().cast(), (*error).length);
        }
        status
    }
}
