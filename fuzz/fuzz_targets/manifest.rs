#![no_main]

use libfuzzer_sys::fuzz_target;
use undertone_fuzzing::target;

fuzz_target!(|data: &[u8]| {
    if let Some(target) = target("manifest") {
        (target.run)(data);
    }
});
