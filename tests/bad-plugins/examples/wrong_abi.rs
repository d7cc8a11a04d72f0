//! Was built for another major version of the contract.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::abi::{ABI_MAJOR, Entry};
use undertone_plugin_sdk::{ClassifierEntry, abi::Text};

export_entry!(Entry {
    abi_major: ABI_MAJOR + 1,
    name: Text::new("wrong_abi"),
    ..ClassifierEntry::<Faulty>::ENTRY
});
