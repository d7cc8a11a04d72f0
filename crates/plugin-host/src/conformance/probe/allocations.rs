//! How often plugins ask for memory.
//!
//! The dynamic linker has written the addresses of the C library's functions into tables of every library that calls them. Here
//! they are exchanged for functions that count and then do the same. The tables of this program and of the C library stay as they
//! are, so what the host does around a call is not counted, and neither is what the C library takes for itself.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How often memory was asked for since the tables were exchanged.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// How often libraries other than the host itself and the C library ask for memory in `run`; `None` where that cannot be seen.
pub(crate) fn allocations<E>(run: impl FnOnce() -> Result<(), E>) -> Result<Option<usize>, E> {
    if !tables::exchange() {
        return run().map(|()| None);
    }
    let before = ASKED.load(Ordering::Relaxed);
    run()?;
    Ok(Some(ASKED.load(Ordering::Relaxed) - before))
}

#[cfg(not(all(
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod tables {
    pub(super) fn exchange() -> bool {
        false
    }
}

/// Layout after the ELF-64 object file format, version 1.5, and the processors' supplements to the System V ABI.
#[cfg(all(
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tables {
    use super::ASKED;
    use libc::{
        Elf64_Phdr, Elf64_Sym, PROT_READ, PROT_WRITE, PT_DYNAMIC, c_int, c_void, dl_phdr_info, size_t,
    };
    use std::ffi::CStr;
    use std::sync::atomic::Ordering;

    /// Entries of the dynamic section.
    const DT_PLTRELSZ: u64 = 2;
    const DT_STRTAB: u64 = 5;
    const DT_SYMTAB: u64 = 6;
    const DT_RELA: u64 = 7;
    const DT_RELASZ: u64 = 8;
    const DT_JMPREL: u64 = 23;
    /// Relocations that are the address of a function: `GLOB_DAT` and `JUMP_SLOT`.
    #[cfg(target_arch = "x86_64")]
    const ADDRESSES: [u32; 2] = [6, 7];
    #[cfg(target_arch = "aarch64")]
    const ADDRESSES: [u32; 2] = [1025, 1026];
    /// Libraries whose tables stay as they are: the C library, the linker, and what the kernel maps.
    const LEFT_ALONE: [&str; 3] = ["/libc.so", "/ld-linux", "linux-vdso"];

    #[repr(C)]
    struct Relocation {
        offset: u64,
        info: u64,
        addend: i64,
    }

    /// What a library's dynamic section points at.
    #[derive(Default)]
    struct Dynamic {
        texts: usize,
        symbols: usize,
        relocations: [(usize, usize); 2],
    }

    /// Has every library that is loaded by now ask here for memory. Libraries that were seen before may be seen again.
    pub(super) fn exchange() -> bool {
        // SAFETY: the callback keeps to what the linker says about each library, and nobody closes one meanwhile.
        unsafe { libc::dl_iterate_phdr(Some(in_library), std::ptr::null_mut()) };
        true
    }

    unsafe extern "C" fn in_library(info: *mut dl_phdr_info, _size: size_t, _data: *mut c_void) -> c_int {
        // SAFETY: the linker hands out a library that is loaded, with its name and its headers.
        unsafe {
            let info = &*info;
            let name = CStr::from_ptr(info.dlpi_name).to_string_lossy();
            // This program has no name.
            if name.is_empty() || LEFT_ALONE.iter().any(|own| name.contains(own)) {
                return 0;
            }
            let headers = std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
            let base = info.dlpi_addr as usize;
            if let Some(header) = headers.iter().find(|header: &&Elf64_Phdr| header.p_type == PT_DYNAMIC) {
                let dynamic = read(base, header.p_vaddr as usize);
                for (start, bytes) in dynamic.relocations {
                    exchange_in(base, &dynamic, (start, bytes));
                }
            }
        }
        0
    }

    /// # Safety
    /// `base` is where a library lies, `section` where in it its dynamic section does.
    unsafe fn read(base: usize, section: usize) -> Dynamic {
        let mut dynamic = Dynamic::default();
        let mut at = std::ptr::with_exposed_provenance::<[u64; 2]>(base + section);
        // The linker has made addresses of most places in it.
        let place = |value: u64| if (value as usize) < base { base + value as usize } else { value as usize };
        loop {
            // SAFETY: the section ends with an entry of kind 0.
            let [kind, value] = unsafe { *at };
            match kind {
                0 => return dynamic,
                DT_STRTAB => dynamic.texts = place(value),
                DT_SYMTAB => dynamic.symbols = place(value),
                DT_RELA => dynamic.relocations[0].0 = place(value),
                DT_RELASZ => dynamic.relocations[0].1 = value as usize,
                DT_JMPREL => dynamic.relocations[1].0 = place(value),
                DT_PLTRELSZ => dynamic.relocations[1].1 = value as usize,
                _ => {}
            }
            // SAFETY: as above.
            at = unsafe { at.add(1) };
        }
    }

    /// # Safety
    /// `dynamic` is that of the library at `base`, with these relocations.
    unsafe fn exchange_in(base: usize, dynamic: &Dynamic, (start, bytes): (usize, usize)) {
        if start == 0 || dynamic.symbols == 0 || dynamic.texts == 0 {
            return;
        }
        let relocations = std::ptr::with_exposed_provenance::<Relocation>(start);
        let symbols = std::ptr::with_exposed_provenance::<Elf64_Sym>(dynamic.symbols);
        for index in 0..bytes / size_of::<Relocation>() {
            // SAFETY: the section says how many relocations there are; each names one of the library's symbols, which has a name.
            let (relocation, name) = unsafe {
                let relocation = &*relocations.add(index);
                let symbol = &*symbols.add((relocation.info >> 32) as usize);
                let name = dynamic.texts + symbol.st_name as usize;
                (relocation, CStr::from_ptr(std::ptr::with_exposed_provenance(name)))
            };
            let is_address = ADDRESSES.contains(&(relocation.info as u32));
            if let Some(own) = counting(name).filter(|_| is_address) {
                // SAFETY: it is the place for the address of a function of that name.
                unsafe { put(base + relocation.offset as usize, own) };
            }
        }
    }

    /// Writes the address `value` to `place`, which may be in memory that nobody writes to.
    ///
    /// # Safety
    /// `place` is one for the address of a function that does the same.
    unsafe fn put(place: usize, value: usize) {
        // SAFETY: the caller's promise; the pages of a table hold nothing that is run.
        unsafe {
            let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
            let start = place / page * page;
            let pages = std::ptr::with_exposed_provenance_mut::<c_void>(start);
            if libc::mprotect(pages, place + size_of::<usize>() - start, PROT_READ | PROT_WRITE) == 0 {
                std::ptr::with_exposed_provenance_mut::<usize>(place).write_volatile(value);
            }
        }
    }

    /// The function that counts and does the same as the one of that name.
    fn counting(name: &CStr) -> Option<usize> {
        Some(match name.to_bytes() {
            b"malloc" => (malloc as *const c_void).expose_provenance(),
            b"calloc" => (calloc as *const c_void).expose_provenance(),
            b"realloc" => (realloc as *const c_void).expose_provenance(),
            b"posix_memalign" => (posix_memalign as *const c_void).expose_provenance(),
            b"aligned_alloc" => (aligned_alloc as *const c_void).expose_provenance(),
            b"memalign" => (memalign as *const c_void).expose_provenance(),
            _ => return None,
        })
    }

    unsafe extern "C" fn malloc(bytes: size_t) -> *mut c_void {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise, here and below.
        unsafe { libc::malloc(bytes) }
    }

    unsafe extern "C" fn calloc(count: size_t, bytes: size_t) -> *mut c_void {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { libc::calloc(count, bytes) }
    }

    unsafe extern "C" fn realloc(old: *mut c_void, bytes: size_t) -> *mut c_void {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { libc::realloc(old, bytes) }
    }

    unsafe extern "C" fn posix_memalign(place: *mut *mut c_void, alignment: size_t, bytes: size_t) -> c_int {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { libc::posix_memalign(place, alignment, bytes) }
    }

    unsafe extern "C" fn aligned_alloc(alignment: size_t, bytes: size_t) -> *mut c_void {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { libc::aligned_alloc(alignment, bytes) }
    }

    unsafe extern "C" fn memalign(alignment: size_t, bytes: size_t) -> *mut c_void {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { libc::memalign(alignment, bytes) }
    }
}
