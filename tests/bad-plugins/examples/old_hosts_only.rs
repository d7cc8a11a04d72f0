//! Does not work with a host that is newer than itself.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{ABI_MINOR, Entry, Host, Plugin, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("old_hosts_only"), create_plugin: Some(create_plugin), ..GOOD });

unsafe extern "C" fn create_plugin(
    host: *const Host,
    configuration: Text,
    plugin: *mut *mut Plugin,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: the arguments are the host's.
    unsafe {
        if (*host).abi_minor > ABI_MINOR {
            return Status::REFUSED;
        }
        GOOD.create_plugin.map_or(Status::FAILED, |create| create(host, configuration, plugin, error))
    }
}
