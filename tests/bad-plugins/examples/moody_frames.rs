//! Makes longer frames every time it is asked how long.

use std::sync::atomic::{AtomicU32, Ordering};
use undertone_bad_plugins::{FaultyExtractor, export_entry};
use undertone_plugin_sdk::ExtractorEntry;
use undertone_plugin_sdk::abi::{
    Entry, ExtractorDescription, ExtractorTable, Plugin, Status, Text, TextBuffer,
};

const GOOD: Entry = ExtractorEntry::<FaultyExtractor>::ENTRY;
// SAFETY: the table that the kit makes is a constant.
const GOOD_TABLE: ExtractorTable = unsafe { GOOD.extractor.read() };

static ASKED: AtomicU32 = AtomicU32::new(0);

static TABLE: ExtractorTable = ExtractorTable { describe: Some(describe), ..GOOD_TABLE };

export_entry!(Entry { name: Text::new("moody_frames"), extractor: &TABLE, ..GOOD });

unsafe extern "C" fn describe(
    plugin: *const Plugin,
    description: *mut ExtractorDescription,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: the arguments are the host's.
    unsafe {
        let status =
            GOOD_TABLE.describe.map_or(Status::FAILED, |describe| describe(plugin, description, error));
        if status == Status::OK {
            (*description).window_samples += ASKED.fetch_add(1, Ordering::Relaxed);
        }
        status
    }
}
