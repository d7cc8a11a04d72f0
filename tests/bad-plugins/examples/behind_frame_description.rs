//! Fills the description of its frames without looking how large it is.

use undertone_bad_plugins::{FaultyExtractor, export_entry};
use undertone_plugin_sdk::ExtractorEntry;
use undertone_plugin_sdk::abi::{
    Entry, ExtractorDescription, ExtractorTable, Plugin, Status, Text, TextBuffer,
};

const GOOD: Entry = ExtractorEntry::<FaultyExtractor>::ENTRY;
// SAFETY: the table that the kit makes is a constant.
const GOOD_TABLE: ExtractorTable = unsafe { GOOD.extractor.read() };

static TABLE: ExtractorTable = ExtractorTable { describe: Some(describe), ..GOOD_TABLE };

export_entry!(Entry { name: Text::new("behind_frame_description"), extractor: &TABLE, ..GOOD });

unsafe extern "C" fn describe(
    plugin: *const Plugin,
    description: *mut ExtractorDescription,
    error: *mut TextBuffer,
) -> Status {
    // SAFETY: none where the host's description is shorter.
    unsafe {
        let size = (*description).size;
        (*description).size = size_of::<ExtractorDescription>() as u32;
        let status =
            GOOD_TABLE.describe.map_or(Status::FAILED, |describe| describe(plugin, description, error));
        (*description).size = size;
        status
    }
}
