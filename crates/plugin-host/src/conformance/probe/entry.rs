//! A library's entry before anybody has looked whether it can be believed.

use crate::conformance::outcome::{Outcome, Step, Stop, broken};
use crate::error::why_not_loaded;
use crate::text::text_of;
use libloading::os::unix::{Library as Dynamic, RTLD_LOCAL, RTLD_NOW};
use std::path::Path;
use undertone_plugin_abi::{ClassifierTable, ENTRY_SYMBOL, Entry, ExtractorTable, Text};

/// An entry whose head alone can be read in every version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawEntry(*const Entry);

/// The head of a table: the two numbers that every one starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawTable {
    pub(crate) size: usize,
    pub(crate) reserved: u32,
}

impl RawEntry {
    /// Loads the library, which stays, and finds its entry.
    pub(crate) fn load(path: &Path) -> Outcome<Self> {
        // SAFETY: loading runs the library's constructors; whoever checks a library lets it run.
        let opened = unsafe { Dynamic::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library =
            opened.or_else(|why| broken(format!("it cannot be loaded: {}", why_not_loaded(&why))))?;
        // SAFETY: only the head of what the symbol names is read before the version is known.
        let symbol = unsafe { library.get::<*const Entry>(ENTRY_SYMBOL.to_bytes_with_nul()) };
        let symbol =
            symbol.or_else(|why| broken(format!("it exports no entry: {}", why_not_loaded(&why))))?;
        let entry = symbol.as_raw_ptr().cast::<Entry>().cast_const();
        std::mem::forget(library);
        if entry.is_null() || !entry.is_aligned() {
            return broken("its entry is null or not aligned");
        }
        Ok(Self(entry))
    }

    pub(crate) fn head(self) -> RawTable {
        // SAFETY: every version begins the entry with four numbers; the entry was found aligned and stays.
        unsafe { RawTable { size: (*self.0).size as usize, reserved: (*self.0).reserved } }
    }

    /// Major and minor version.
    pub(crate) fn version(self) -> (u32, u32) {
        // SAFETY: as in `head`.
        unsafe { ((*self.0).abi_major, (*self.0).abi_minor) }
    }

    /// The whole entry, when its version and size say that it is one that we know.
    pub(crate) fn known(self) -> Outcome<&'static Entry> {
        let (major, minor) = self.version();
        if !crate::version::is_spoken(major, minor) {
            let what = format!("it was built for version {major}.{minor} of the contract");
            return Err(Stop::Refused(Step::Version, what));
        }
        if self.head().size < size_of::<Entry>() {
            let what =
                format!("its entry has {} bytes, {} are the fewest", self.head().size, size_of::<Entry>());
            return Err(Stop::Refused(Step::Size, what));
        }
        // SAFETY: version and size say that it is an entry as we know it; libraries stay.
        Ok(unsafe { &*self.0 })
    }
}

impl RawTable {
    /// The head of the extractor's functions.
    pub(crate) fn of_extractor(entry: &Entry) -> Option<Self> {
        // SAFETY: the entry's version is ours, in which the pointer is null or one to a table that stays.
        let table: &ExtractorTable = unsafe { entry.extractor.as_ref() }?;
        Some(Self { size: table.size as usize, reserved: table.reserved })
    }

    /// The head of the classifier's functions.
    pub(crate) fn of_classifier(entry: &Entry) -> Option<Self> {
        // SAFETY: as above.
        let table: &ClassifierTable = unsafe { entry.classifier.as_ref() }?;
        Some(Self { size: table.size as usize, reserved: table.reserved })
    }
}

/// A text of a known entry.
pub(crate) fn known_text(text: Text) -> Option<String> {
    // SAFETY: texts of an entry are static.
    unsafe { text_of(text) }
}
