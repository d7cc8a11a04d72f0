//! Fills a description without looking how large it is.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{
    ClassifierDescription, ClassifierTable, Entry, Plugin, Status, Text, TextBuffer,
};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

static TABLE: ClassifierTable = ClassifierTable {
    describe: Some(describe),
    // SAFETY: the table that the kit makes is a constant.
    ..unsafe { GOOD.classifier.read() }
};

export_entry!(Entry { name: Text::new("behind_description"), classifier: &TABLE, ..GOOD });

unsafe extern "C" fn describe(
    _plugin: *const Plugin,
    description: *mut ClassifierDescription,
    _error: *mut TextBuffer,
) -> Status {
    // SAFETY: none where the host's description is shorter.
    unsafe {
        (*description).dim = 4;
        (*description).label_count = 2;
    }
    Status::OK
}
