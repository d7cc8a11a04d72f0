//! Says that it scored its items, and writes only the first score of each.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Call, ClassifierTable, Entry, Instance, Item, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

static TABLE: ClassifierTable = ClassifierTable {
    classify: Some(classify),
    // SAFETY: the table that the kit makes is a constant.
    ..unsafe { GOOD.classifier.read() }
};

export_entry!(Entry { name: Text::new("short_write"), classifier: &TABLE, ..GOOD });

unsafe extern "C" fn classify(
    _instance: *mut Instance,
    _call: *const Call,
    items: *mut Item,
    count: usize,
    _error: *mut TextBuffer,
) -> Status {
    // SAFETY: the host lends the items for the call.
    for item in unsafe { std::slice::from_raw_parts_mut(items, count) } {
        // SAFETY: an item has room for at least one score.
        unsafe { *item.scores = 1.0 };
        item.status = Status::OK;
    }
    Status::OK
}
