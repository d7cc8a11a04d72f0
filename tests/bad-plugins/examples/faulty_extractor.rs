//! The extractor that does what its recipe says.

use undertone_bad_plugins::{FaultyExtractor, export_entry};
use undertone_plugin_sdk::ExtractorEntry;

export_entry!(ExtractorEntry::<FaultyExtractor>::ENTRY);
