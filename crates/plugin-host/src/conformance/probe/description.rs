//! Descriptions in memory with marks behind them.

use super::{Answer, call};
use crate::conformance::outcome::{Outcome, must};
use undertone_plugin_abi::{Status, TextBuffer};

/// Lets `describe` fill a structure of `size` bytes that starts with its size; it writes nothing behind them.
pub(crate) fn description_of_size<T>(
    size: usize,
    describe: impl FnOnce(*mut T, *mut TextBuffer) -> Status,
) -> Outcome<Answer> {
    // Whole words keep the structure aligned; there is room for it, and marks, whatever `size` says.
    let mut memory = vec![u64::from_ne_bytes([0xA5; 8]); (2 * size_of::<T>()).div_ceil(8)];
    let start: *mut T = memory.as_mut_ptr().cast();
    // SAFETY: the memory is longer than a size and aligned for it.
    unsafe { start.cast::<u32>().write(size as u32) };
    let answer = call(|error| describe(start, error))?;
    let bytes: Vec<u8> = memory.iter().flat_map(|word| word.to_ne_bytes()).collect();
    must(bytes[size..].iter().all(|&byte| byte == 0xA5), || {
        format!("it wrote behind the {size} bytes of a description")
    })?;
    Ok(answer)
}
