//! Exports a second symbol.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Text};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("two_symbols"), ..GOOD });

/// In the way of a library that has one of the same name.
// SAFETY: nothing else of this library has this name.
#[unsafe(no_mangle)]
pub extern "C" fn initialise() {}
