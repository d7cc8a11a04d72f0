//! Was built for a newer minor version of the contract than the host's.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::abi::{ABI_MINOR, Entry};
use undertone_plugin_sdk::{ClassifierEntry, abi::Text};

export_entry!(Entry {
    abi_minor: ABI_MINOR + 1,
    name: Text::new("newer_abi"),
    ..ClassifierEntry::<Faulty>::ENTRY
});
