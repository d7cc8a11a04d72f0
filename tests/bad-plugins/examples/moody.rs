//! Gives another number of scores every time it is asked how many.

use std::sync::atomic::{AtomicU32, Ordering};
use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{
    ClassifierDescription, ClassifierTable, Entry, Plugin, Status, Text, TextBuffer,
};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

static ASKED: AtomicU32 = AtomicU32::new(0);

static TABLE: ClassifierTable = ClassifierTable {
    describe: Some(describe),
    // SAFETY: the table that the kit makes is a constant.
    ..unsafe { GOOD.classifier.read() }
};

export_entry!(Entry { name: Text::new("moody"), classifier: &TABLE, ..GOOD });

unsafe extern "C" fn describe(
    _plugin: *const Plugin,
    description: *mut ClassifierDescription,
    _error: *mut TextBuffer,
) -> Status {
    // SAFETY: the description is the host's, which gives it its full size here.
    unsafe {
        (*description).dim = 4;
        (*description).label_count = 2 + ASKED.fetch_add(1, Ordering::Relaxed);
    }
    Status::OK
}
