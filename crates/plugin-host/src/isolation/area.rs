//! Memory that the server and one process of a plugin share.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};

/// Memory that both sides map. Its size never changes, so that neither side can take pages from the other.
///
/// The server only copies to and from it: whatever the other side writes meanwhile may spoil values and nothing else.
#[derive(Debug)]
pub(crate) struct SharedArea {
    start: NonNull<u8>,
    length: usize,
    file: OwnedFd,
}

// SAFETY: the memory stays mapped for as long as the area lives, whatever thread has it.
unsafe impl Send for SharedArea {}

impl SharedArea {
    /// New memory, zeroed. Pages take room when they are first written.
    pub(crate) fn new(length: usize) -> io::Result<Self> {
        let file = memfd_create("undertone-plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&file, length as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Self::map(file, length)
    }

    /// The memory behind a file that the other side made.
    pub(crate) fn of_file(file: OwnedFd) -> io::Result<Self> {
        let length = usize::try_from(fstat(&file)?.st_size).map_err(io::Error::other)?;
        Self::map(file, length)
    }

    fn map(file: OwnedFd, length: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address of the system's choice touches no other memory.
        let start = unsafe { mmap(ptr::null_mut(), length, access, MapFlags::SHARED, &file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("it lies at address 0"))?;
        Ok(Self { start, length, file })
    }

    /// The file behind it.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Size in bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Where `count` values of a type lie from byte `at` on.
    ///
    /// # Panics
    /// When they do not lie inside, or not aligned: both sides reckon places from the same numbers.
    fn place<T: Plain>(&self, at: usize, count: usize) -> *mut T {
        let end = count.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(at));
        assert!(end.is_some_and(|end| end <= self.length), "a call has room in the shared memory");
        // SAFETY: the place lies inside, as was just seen.
        let place = unsafe { self.start.as_ptr().add(at) }.cast::<T>();
        assert!(place.is_aligned(), "values lie at multiples of their size");
        place
    }

    /// Copies `values` there, from byte `at` on.
    pub(crate) fn put<T: Plain>(&self, at: usize, values: &[T]) {
        let place = self.place::<T>(at, values.len());
        // SAFETY: the place has room for the values, and they lie elsewhere: no reference into the area is ever given out
        // but by `lend`.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), place, values.len()) };
    }

    /// Copies values from byte `at` on to `values`.
    pub(crate) fn get<T: Plain>(&self, at: usize, values: &mut [T]) {
        let place = self.place::<T>(at, values.len());
        // SAFETY: as in `put`; every pattern of bits is a value of the type.
        unsafe { ptr::copy_nonoverlapping(place.cast_const(), values.as_mut_ptr(), values.len()) };
    }

    /// Lends the values from byte `at` on.
    ///
    /// # Safety
    /// For `'a` nobody else writes there, the other side included, and nobody else borrows them.
    pub(crate) unsafe fn lend<'a, T: Plain>(&self, at: usize, count: usize) -> &'a mut [T] {
        let place = self.place::<T>(at, count);
        // SAFETY: the place has the values; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(place, count) }
    }
}

impl Drop for SharedArea {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's own, and ends with it. It cannot fail for one that exists.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// A type of which every pattern of bits is a value.
///
/// # Safety
/// It is one.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: so it is.
unsafe impl Plain for u8 {}
// SAFETY: so it is.
unsafe impl Plain for u32 {}
// SAFETY: so it is.
unsafe impl Plain for f32 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_see_what_one_wrote() {
        let one = SharedArea::new(8192).expect("memory");
        let other =
            SharedArea::of_file(one.file().try_clone_to_owned().expect("a descriptor")).expect("memory");
        assert_eq!(other.length(), 8192);
        one.put(4096, &[1.0_f32, 2.0, 3.0]);
        let mut values = [0.0_f32; 2];
        other.get(4100, &mut values);
        assert_eq!(values, [2.0, 3.0]);
    }

    #[test]
    fn nobody_can_change_its_size() {
        let area = SharedArea::new(4096).expect("memory");
        assert!(ftruncate(area.file(), 0).is_err());
        assert!(ftruncate(area.file(), 8192).is_err());
    }

    #[test]
    #[should_panic(expected = "room in the shared memory")]
    fn nothing_is_written_behind_its_end() {
        SharedArea::new(4096).expect("memory").put(4092, &[1_u32, 2]);
    }
}
