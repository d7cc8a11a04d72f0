//! A plugin library in the process.

use crate::HostError;
use crate::functions::{ClassifierFunctions, EntryFunctions, ExtractorFunctions, StreamFunctions};
use crate::onnxruntime::OnnxRuntime;
use crate::services::Services;
use crate::text::text_of;
use crate::version::is_spoken;
use libloading::os::unix::{Library as Dynamic, RTLD_LOCAL, RTLD_NOW};
use std::path::Path;
use std::sync::{Arc, Mutex};
use undertone_plugin_abi::{ENTRY_SYMBOL, Entry, STREAM_STATE_EXTENSION, StreamStateTable, Text};

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
            let functions = EntryFunctions::checked(entry).map_err(null)?;
            let stream = (functions.get_extension)(Text::new(STREAM_STATE_EXTENSION));
            let stream = table(stream.cast::<StreamStateTable>(), "the stream state table")?;
            Ok(Self {
                version: text_of(entry.version).ok_or("its version is no text")?,
                entry: functions,
                extractor: extractor.map(ExtractorFunctions::checked).transpose().map_err(null)?,
                classifier: classifier.map(ClassifierFunctions::checked).transpose().map_err(null)?,
                stream: stream.map(StreamFunctions::checked).transpose().map_err(null)?,
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

/// A table of the library, `None` when it has none. Refuses one that is shorter than the oldest version's.
///
/// # Safety
/// Unless it is null, `table` is a table of our version that lives as long as the process.
unsafe fn table<T>(table: *const T, what: &str) -> Result<Option<&'static T>, String> {
    if table.is_null() {
        return Ok(None);
    }
    if !table.is_aligned() {
        return Err(format!("{what} is not aligned"));
    }
    // SAFETY: every table starts with its size in 32 bits.
    let size = unsafe { *table.cast::<u32>() } as usize;
    if size < size_of::<T>() {
        return Err(format!("{what} has {size} bytes, {} are the fewest", size_of::<T>()));
    }
    // SAFETY: the caller's promise, and the size was compared.
    Ok(Some(unsafe { &*table }))
}
