//! Has no function to classify with.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{ClassifierTable, Entry, Text};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

static TABLE: ClassifierTable = ClassifierTable {
    classify: None,
    // SAFETY: the table that the kit makes is a constant.
    ..unsafe { GOOD.classifier.read() }
};

export_entry!(Entry { name: Text::new("null_function"), classifier: &TABLE, ..GOOD });
