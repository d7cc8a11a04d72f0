//! What can be read from a library's file without running it: whether all of it is there, and the symbols that it exports.
//!
//! Layout after the ELF-64 object file format, version 1.5: the file's header names a table of sections, one of which
//! holds the dynamic symbols, another their names; and a table of segments, which are what is mapped into memory.

const MAGIC_64_LITTLE: &[u8] = b"\x7fELF\x02\x01";
const SECTION_OF_DYNAMIC_SYMBOLS: u32 = 11;
const SYMBOL_BYTES: usize = 24;
const SEGMENT_THAT_IS_MAPPED: u32 = 1;
const UNDEFINED: u16 = 0;
const LOCAL: u8 = 0;
/// Default and protected symbols are seen from outside; internal and hidden ones are not.
const VISIBLE: [u8; 2] = [0, 3];
/// Names that linkers add on their own.
const OF_THE_LINKER: [&str; 5] = ["_init", "_fini", "_edata", "_end", "__bss_start"];

/// Whether `file` ends before its table of sections, which linkers write last, or before what would be mapped of it: who touches
/// that is ended by the system. `false` for what is no 64-bit little-endian ELF file.
pub(crate) fn is_cut_off(file: &[u8]) -> bool {
    file.starts_with(MAGIC_64_LITTLE) && !is_whole(file).unwrap_or(false)
}

fn is_whole(file: &[u8]) -> Option<bool> {
    let (bytes, count) = (u64::from(u16_at(file, 0x3a)?), u64::from(u16_at(file, 0x3c)?));
    if u64_at(file, 0x28)?.checked_add(bytes * count)? > file.len() as u64 {
        return Some(false);
    }
    let segments = usize::try_from(u64_at(file, 0x20)?).ok()?;
    let (bytes, count) = (usize::from(u16_at(file, 0x36)?), usize::from(u16_at(file, 0x38)?));
    for index in 0..count {
        let segment = file.get(segments.checked_add(index.checked_mul(bytes)?)?..)?;
        let end = u64_at(segment, 8)?.checked_add(u64_at(segment, 32)?)?;
        if u32_at(segment, 0)? == SEGMENT_THAT_IS_MAPPED && end > file.len() as u64 {
            return Some(false);
        }
    }
    Some(true)
}

/// The names that `file` exports, without those that every library has; `None` when it is no 64-bit little-endian ELF
/// file or is cut off.
pub(crate) fn exported(file: &[u8]) -> Option<Vec<String>> {
    if !file.starts_with(MAGIC_64_LITTLE) {
        return None;
    }
    let sections = usize::try_from(u64_at(file, 0x28)?).ok()?;
    let section_bytes = usize::from(u16_at(file, 0x3a)?);
    let count = usize::from(u16_at(file, 0x3c)?);
    let table = file.get(sections..sections.checked_add(count.checked_mul(section_bytes)?)?)?;
    let section = |index: usize| table.get(index.checked_mul(section_bytes)?..);
    let dynamic = (0..count)
        .filter_map(section)
        .find(|section| u32_at(section, 4) == Some(SECTION_OF_DYNAMIC_SYMBOLS))?;
    let symbols = content(file, dynamic)?;
    let names = content(file, section(u32_at(dynamic, 40)? as usize)?)?;
    let mut exported = Vec::new();
    for symbol in symbols.chunks_exact(SYMBOL_BYTES) {
        let (binding, visibility) = (symbol[4] >> 4, symbol[5] & 3);
        let seen = u16_at(symbol, 6)? != UNDEFINED && binding != LOCAL && VISIBLE.contains(&visibility);
        let name = text_at(names, u32_at(symbol, 0)? as usize)?;
        if seen && !OF_THE_LINKER.contains(&name.as_str()) {
            exported.push(name);
        }
    }
    Some(exported)
}

fn content<'a>(file: &'a [u8], section: &[u8]) -> Option<&'a [u8]> {
    let offset = usize::try_from(u64_at(section, 24)?).ok()?;
    let length = usize::try_from(u64_at(section, 32)?).ok()?;
    file.get(offset..offset.checked_add(length)?)
}

fn text_at(names: &[u8], offset: usize) -> Option<String> {
    let name = names.get(offset..)?.split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(name).into_owned())
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_cut_off_anywhere_gives_no_names() {
        let program = std::fs::read(std::env::current_exe().expect("a program")).expect("readable");
        assert!(exported(&program).is_some());
        for length in [0, 6, 63, 64, 1000, program.len() - 1] {
            assert_eq!(exported(&program[..length]), None, "{length}");
        }
        assert_eq!(exported(b"not a library"), None);
    }

    #[test]
    fn a_file_is_cut_off_wherever_it_ends_too_early() {
        let program = std::fs::read(std::env::current_exe().expect("a program")).expect("readable");
        assert!(!is_cut_off(&program) && !is_cut_off(b"not a library"));
        for length in [6, 63, 64, 1000, program.len() / 4, program.len() - 1] {
            assert!(is_cut_off(&program[..length]), "{length}");
        }
    }
}
