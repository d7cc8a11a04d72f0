//! The classifier that does what the bundle's graph says.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;

export_entry!(ClassifierEntry::<Faulty>::ENTRY);
