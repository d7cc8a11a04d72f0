//! Plugins that keep the contract or break it on demand, from which the libraries in `examples` are made.

mod classifier;
mod classifier_behaviour;
mod command;
mod escape;
mod extractor;
mod extractor_behaviour;
mod harm;

pub use classifier::{Faulty, FaultyInstance};
pub use extractor::{FaultyExtractor, FaultyStream};

/// Names the entry of a library in `examples`.
#[macro_export]
macro_rules! export_entry {
    ($entry:expr) => {
        /// What the host finds.
        #[allow(non_upper_case_globals, reason = "the contract names the symbol")]
        // SAFETY: no other symbol of the library has this name.
        #[unsafe(no_mangle)]
        pub static undertone_plugin_entry: undertone_plugin_sdk::abi::Entry = $entry;
    };
}
