//! Writes what is wrong with an item, whatever the room.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Call, ClassifierTable, Entry, Instance, Item, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;
// SAFETY: the table that the kit makes is a constant.
const GOOD_TABLE: ClassifierTable = unsafe { GOOD.classifier.read() };

const WORDS: &[u8] = b"it is wrong";

static TABLE: ClassifierTable = ClassifierTable { classify: Some(classify), ..GOOD_TABLE };

export_entry!(Entry { name: Text::new("behind_words"), classifier: &TABLE, ..GOOD });

unsafe extern "C" fn classify(
    instance: *mut Instance,
    call: *const Call,
    items: *mut Item,
    count: usize,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: the arguments are the host's, and each item's buffer is one; none where it has less room than the words.
    unsafe {
        let status = GOOD_TABLE
            .classify
            .map_or(Status::FAILED, |classify| classify(instance, call, items, count, error));
        for index in 0..count {
            let item = &mut *items.add(index);
            if item.status != Status::OK {
                (*item.error).data.cast::<u8>().copy_from(WORDS.as_ptr(), WORDS.len());
                (*item.error).length = WORDS.len().min((*item.error).capacity);
            }
        }
        status
    }
}
