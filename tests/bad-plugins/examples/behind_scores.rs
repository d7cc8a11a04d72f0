//! Writes as many scores as it has, whatever the room.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Call, ClassifierTable, Entry, Instance, Item, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

static TABLE: ClassifierTable = ClassifierTable {
    classify: Some(classify),
    // SAFETY: the table that the kit makes is a constant.
    ..unsafe { GOOD.classifier.read() }
};

export_entry!(Entry { name: Text::new("behind_scores"), classifier: &TABLE, ..GOOD });

unsafe extern "C" fn classify(
    _instance: *mut Instance,
    _call: *const Call,
    items: *mut Item,
    count: usize,
    _error: *mut TextBuffer,
) -> Status {
    for index in 0..count {
        // SAFETY: none for an item with less room than two scores.
        unsafe {
            let item = &mut *items.add(index);
            item.scores.copy_from([0.5, -0.5].as_ptr(), 2);
            item.status = Status::OK;
        }
    }
    Status::OK
}
