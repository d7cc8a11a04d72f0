//! A plugin library in the process.

use crate::HostError;
use crate::functions::{ClassifierFunctions, EntryFunctions, ExtractorFunctions, StreamFunctions};
use crate::onnxruntime::OnnxRuntime;
use crate::services::Services;
use crate::text::text_of;
use crate::version::is_spoken;
use core::mem::{MaybeUninit, offset_of};
use libloading::os::unix::{Library as Dynamic, RTLD_LOCAL, RTLD_NOW};
use std::path::Path;
use std::sync::{Arc, Mutex};
use undertone_plugin_abi::{
    ClassifierTable, ENTRY_SYMBOL, Entry, ExtractorTable, STREAM_STATE_EXTENSION, StreamStateTable, Text,
};

/// A plugin library that keeps the contract, as far as can be told without running it. Never unloaded.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) entry: EntryFunctions,
    pub(crate) extractor: Option<ExtractorFunctions>,
    pub(crate) classifier: Option<ClassifierFunctions>,
    pub(crate) stream: Option<StreamFunctions>,
    pub(crate) services: &'static Services,
    /// Held during `[control]` calls, of which only one at a time is allowed.
    pub(crate) control: Mutex<()>,
}

impl Library {
    /// Loads the library at `path`, which is absolute and without links.
    pub(crate) fn load(path: &Path, onnxruntime: &Arc<OnnxRuntime>) -> Result<&'static Self, HostError> {
        let dynamic = Self::open(path, path)?;
        let library = Self::of(&dynamic, path, onnxruntime);
        // What was loaded stays, so that nothing that points into it can dangle.
        std::mem::forget(dynamic);
        library
    }

    /// Has the linker load `file`; errors name `path`.
    pub(crate) fn open(file: &Path, path: &Path) -> Result<Dynamic, HostError> {
        // SAFETY: loading runs the library's constructors. Whoever puts a library into the plugin folder is
        // trusted with that.
        let opened = unsafe { Dynamic::open(Some(file), RTLD_NOW | RTLD_LOCAL) };
        opened.map_err(|source| HostError::Open { path: path.to_owned(), source })
    }

    /// The plugin library that `dynamic` is, which came from `path` and is never closed.
    pub(crate) fn of(
        dynamic: &Dynamic,
        path: &Path,
        onnxruntime: &Arc<OnnxRuntime>,
    ) -> Result<&'static Self, HostError> {
        let open_error = |source| HostError::Open { path: path.to_owned(), source };
        let contract = |what| HostError::Contract { path: path.to_owned(), what };
        // SAFETY: the contract says what the symbol is; only its fixed head is read before the version is
        // known.
        let entry = unsafe { dynamic.get::<*const Entry>(ENTRY_SYMBOL.to_bytes_with_nul()) }
            .map_err(open_error)?
            .as_raw_ptr()
            .cast::<Entry>()
            .cast_const();
        check_version(path, entry)?;
        // SAFETY: the version is one that we speak and the library is never unloaded.
        unsafe { Self::read(entry, onnxruntime) }
            .map(|library| &*Box::leak(Box::new(library)))
            .map_err(contract)
    }

    /// # Safety
    /// `entry` is an entry of our version that lives as long as the process.
    unsafe fn read(entry: *const Entry, onnxruntime: &Arc<OnnxRuntime>) -> Result<Self, String> {
        // SAFETY: the caller's promise, here and below; what it points at is constant.
        unsafe {
            let entry = table(entry, "the entry")?.ok_or("the entry is null")?;
            let name = text_of(entry.name).ok_or("its name is no text")?;
            let extractor = table(entry.extractor, "the extractor table")?;
            let classifier = table(entry.classifier, "the classifier table")?;
            let functions = EntryFunctions::checked(&entry).map_err(null)?;
            let stream = (functions.get_extension)(Text::new(STREAM_STATE_EXTENSION));
            let stream = table(stream.cast::<StreamStateTable>(), "the stream state table")?;
            Ok(Self {
                version: text_of(entry.version).ok_or("its version is no text")?,
                entry: functions,
                extractor: extractor.as_ref().map(ExtractorFunctions::checked).transpose().map_err(null)?,
                classifier: classifier
                    .as_ref()
                    .map(ClassifierFunctions::checked)
                    .transpose()
                    .map_err(null)?,
                stream: stream.as_ref().map(StreamFunctions::checked).transpose().map_err(null)?,
                services: Services::leak(&name, Arc::clone(onnxruntime)),
                control: Mutex::new(()),
                name,
            })
        }
    }
}

fn null(field: &'static str) -> String {
    format!("its function {field} is null")
}

/// The first three numbers of an entry stand where they do in every version.
fn check_version(path: &Path, entry: *const Entry) -> Result<(), HostError> {
    if entry.is_null() || !entry.is_aligned() {
        let what = "its entry is null or not aligned".to_owned();
        return Err(HostError::Contract { path: path.to_owned(), what });
    }
    // SAFETY: every version of the contract begins the entry with size, major and minor version.
    let (major, minor) = unsafe { ((*entry).abi_major, (*entry).abi_minor) };
    if is_spoken(major, minor) {
        return Ok(());
    }
    Err(HostError::Version { what: path.display().to_string(), major, minor })
}

/// A table that later minor versions may make longer.
///
/// # Safety
/// It starts with its size in 32 bits, and every field may be all zeros.
unsafe trait Table: Sized {
    /// Bytes up to the last field that version 1.0 has.
    const FIRST: usize;
}

/// Names the last field of each table in version 1.0, and its type.
macro_rules! tables {
    ($($table:ty: $last:ident as $of:ty,)+) => {
        $(
            // SAFETY: the contract says so: numbers, texts, and functions and tables that may be null.
            unsafe impl Table for $table {
                const FIRST: usize = offset_of!($table, $last) + size_of::<$of>();
            }
        )+
    };
}

tables! {
    Entry: classifier as *const ClassifierTable,
    ExtractorTable: destroy_instance as usize,
    ClassifierTable: destroy_instance as usize,
    StreamStateTable: advance as usize,
}

/// What the library has of a table, `None` when it has none: fields behind its size are null. Refuses one that is shorter than
/// the first version's.
///
/// # Safety
/// Unless it is null, `table` is a table of our version that lives as long as the process.
unsafe fn table<T: Table>(table: *const T, what: &str) -> Result<Option<T>, String> {
    if table.is_null() {
        return Ok(None);
    }
    if !table.is_aligned() {
        return Err(format!("{what} is not aligned"));
    }
    // SAFETY: every table starts with its size in 32 bits.
    let size = unsafe { *table.cast::<u32>() } as usize;
    if size < T::FIRST {
        return Err(format!("{what} has {size} bytes, {} are the fewest", T::FIRST));
    }
    let mut own = MaybeUninit::<T>::zeroed();
    // SAFETY: the library's table has so many bytes, ours as many or more, and both are no one else's to write. What is not
    // copied is zero, which the trait allows.
    let own = unsafe {
        own.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(table.cast(), size.min(size_of::<T>()));
        own.assume_init()
    };
    Ok(Some(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of a minor version to come.
    #[repr(C)]
    #[derive(Debug)]
    struct Grown {
        size: u32,
        old: Option<extern "C" fn()>,
        new: Option<extern "C" fn()>,
    }

    // SAFETY: it starts with its size, and all else may be null.
    unsafe impl Table for Grown {
        const FIRST: usize = offset_of!(Grown, old) + size_of::<usize>();
    }

    extern "C" fn nothing() {}

    fn read(size: usize) -> Result<Option<Grown>, String> {
        let library = Grown { size: size as u32, old: Some(nothing), new: Some(nothing) };
        // SAFETY: it outlives the call.
        unsafe { table(&raw const library, "the table") }
    }

    #[test]
    fn a_field_behind_the_size_that_a_library_gives_does_not_exist() {
        let built_for_the_first = read(Grown::FIRST).expect("long enough").expect("not null");
        assert!(built_for_the_first.old.is_some() && built_for_the_first.new.is_none());
        let built_for_this = read(size_of::<Grown>()).expect("long enough").expect("not null");
        assert!(built_for_this.new.is_some());
        let built_for_a_later_one = read(size_of::<Grown>() + 8).expect("long enough").expect("not null");
        assert!(built_for_a_later_one.new.is_some());
    }

    #[test]
    fn a_table_that_is_shorter_than_the_first_versions_is_refused() {
        let error = read(Grown::FIRST - 1).expect_err("a function is missing");
        assert_eq!(error, "the table has 15 bytes, 16 are the fewest");
    }

    #[test]
    fn the_first_versions_tables_are_as_long_as_ever() {
        let tables = [Entry::FIRST, ExtractorTable::FIRST, ClassifierTable::FIRST, StreamStateTable::FIRST];
        assert_eq!(tables, [88, 88, 64, 32]);
    }
}
