//! Works for a second before it is loaded.

use undertone_bad_plugins::{Faulty, export_entry};
use undertone_plugin_sdk::ClassifierEntry;
use undertone_plugin_sdk::abi::{Entry, Text};

const GOOD: Entry = ClassifierEntry::<Faulty>::ENTRY;

export_entry!(Entry { name: Text::new("slow_load"), ..GOOD });

extern "C" fn work() {
    // Nanoseconds of the thread on a processor, however busy the machine is.
    let spent = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ').next().and_then(|spent| spent.parse().ok()).unwrap_or(u64::MAX)
    };
    while spent() < 2_000_000_000 {
        std::hint::spin_loop();
    }
}

// SAFETY: the linker runs what stands in this section, functions without arguments.
#[used]
#[unsafe(link_section = ".init_array")]
static WORK: extern "C" fn() = work;
