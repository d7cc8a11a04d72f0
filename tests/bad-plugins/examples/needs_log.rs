//! Believes that every host has a log.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{
    Entry, Host, LOG_SERVICE, LogLevel, LogService, Plugin, Status, Text, TextBuffer,
};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("needs_log"), create_plugin: Some(create_plugin), ..GOOD });

unsafe extern "C" fn create_plugin(
    host: *const Host,
    configuration: Text,
    plugin: *mut *mut Plugin,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: none; a host may have no log.
    unsafe {
        if let Some(get_service) = (*host).get_service {
            let service = get_service(host, Text::new(LOG_SERVICE)).cast::<LogService>();
            let log = std::ptr::read_volatile(&raw const (*service).log);
            if let Some(log) = log {
                log(host, LogLevel::INFO, Text::new("hello"));
            }
        }
        GOOD.create_plugin.map_or(Status::FAILED, |create| create(host, configuration, plugin, error))
    }
}
