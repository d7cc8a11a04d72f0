//! Does not say its own version.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Text};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("no_version"), version: Text::EMPTY, ..GOOD });
