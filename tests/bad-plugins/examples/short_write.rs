//! Says that it scored its items, and writes only the first score of those in which somebody speaks loudly.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Call, ClassifierTable, Entry, Instance, Item, Status, Text, TextBuffer};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

/// First values of frames above this are loud.
const LOUD: f32 = 0.9;

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
    // SAFETY: the host lends the items, with their frames and room for their scores, for the call.
    unsafe {
        for item in std::slice::from_raw_parts_mut(items, count) {
            let frames = std::slice::from_raw_parts(item.frames, item.frame_count * item.dim);
            let loud = frames.iter().step_by(item.dim).any(|&first| first > LOUD);
            let written = if loud { 1 } else { item.label_count };
            std::slice::from_raw_parts_mut(item.scores, written).fill(1.0);
            item.status = Status::OK;
        }
    }
    Status::OK
}
