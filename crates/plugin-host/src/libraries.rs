//! The libraries of a host: one for every content that was found in the folder of plugins.
//!
//! The dynamic linker knows a library by its path and gives the first one that it loaded from there for ever. A host therefore
//! loads a copy that nobody else can change, and looks with every model that is loaded whether another file lies there now.

use crate::HostError;
use crate::elf;
use crate::library::Library;
use crate::onnxruntime::OnnxRuntime;
use libloading::os::unix::Library as Dynamic;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The libraries of a host.
#[derive(Debug, Default)]
pub(crate) struct Libraries {
    loaded: Mutex<Loaded>,
    /// Whether files are loaded as they lie there.
    in_place: bool,
}

#[derive(Debug, Default)]
struct Loaded {
    /// The file that was last seen at a path, and the library that was made of it.
    seen: BTreeMap<PathBuf, (FileMark, &'static Library)>,
    copies: Vec<Held>,
    /// Paths whose own files were loaded, which can be done once.
    in_place: BTreeSet<PathBuf>,
    all: Vec<&'static Library>,
}

/// What was loaded of a copy. Nothing of it is ever closed, and what failed once is not opened again.
#[derive(Debug)]
struct Held {
    file: ManuallyDrop<File>,
    bytes: usize,
    dynamic: ManuallyDrop<Dynamic>,
    /// None for what is no plugin.
    library: Option<&'static Library>,
}

/// What tells a file from the one that lay there before, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileMark {
    place: (u64, u64),
    bytes: u64,
    changed: [i64; 4],
}

impl FileMark {
    fn of(file: &Metadata) -> Self {
        let changed = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
        Self { place: (file.dev(), file.ino()), bytes: file.size(), changed }
    }
}

impl Libraries {
    /// Libraries of which each is loaded as it lies there: for a process that ends when its library is another one.
    pub(crate) fn in_place() -> Self {
        Self { in_place: true, ..Self::default() }
    }

    /// The library that lies at `path` now, which is absolute and without links.
    pub(crate) fn at(
        &self,
        path: &Path,
        plugin: &str,
        onnxruntime: &Arc<OnnxRuntime>,
    ) -> Result<&'static Library, HostError> {
        let missing =
            |source| HostError::Missing { plugin: plugin.to_owned(), path: path.to_owned(), source };
        let mut file = File::open(path).map_err(missing)?;
        let mark = FileMark::of(&file.metadata().map_err(missing)?);
        let mut loaded = self.loaded();
        if let Some((_, library)) = loaded.seen.get(path).filter(|(seen, _)| *seen == mark) {
            return Ok(library);
        }
        let mut content = Vec::new();
        if !self.in_place {
            file.read_to_end(&mut content).map_err(missing)?;
        }
        let library = loaded.library((path, &content), onnxruntime)?;
        loaded.seen.insert(path.to_owned(), (mark, library));
        Ok(library)
    }

    /// All of them, also those in whose place others lie now.
    pub(crate) fn all(&self) -> Vec<&'static Library> {
        self.loaded().all.clone()
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    /// The library of this content, which was read from `path`; that at `path` itself, where nothing was read.
    fn library(
        &mut self,
        (path, content): (&Path, &[u8]),
        onnxruntime: &Arc<OnnxRuntime>,
    ) -> Result<&'static Library, HostError> {
        if elf::is_cut_off(content) {
            let what = "the file ends before the library does; is somebody writing it?".to_owned();
            return Err(HostError::Contract { path: path.to_owned(), what });
        }
        let known = self.copies.iter().any(|copy| copy.holds(content));
        if !known && !content.is_empty() {
            self.copies.extend(Held::open(path, content));
        }
        let copy = self.copies.iter_mut().find(|copy| copy.holds(content));
        let library = match copy {
            Some(Held { library: Some(library), .. }) => return Ok(*library),
            Some(copy) => *copy.library.insert(Library::of(&copy.dynamic, path, onnxruntime)?),
            None if self.in_place.contains(path) => {
                return Err(HostError::Unreplaceable { path: path.to_owned() });
            }
            None => {
                let library = Library::load(path, onnxruntime)?;
                self.in_place.insert(path.to_owned());
                library
            }
        };
        let (plugin, version, others) = (&library.name, &library.version, self.all.len());
        tracing::info!(plugin, version, path = %path.display(), others, "loaded a plugin library");
        self.all.push(library);
        Ok(library)
    }
}

impl Held {
    /// Opens a copy of what lies at `path`. `None` where only the file itself can be: a library that looks for others beside itself,
    /// or a system that gives out no files in memory.
    fn open(path: &Path, content: &[u8]) -> Option<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let opened = private_copy(&name, content).map_err(|error| error.to_string()).and_then(|file| {
            let own = format!("/proc/self/fd/{}", file.as_raw_fd());
            let dynamic = Library::open(Path::new(&own), path).map_err(|error| error.to_string())?;
            // The linker knows the library by the number of the file, so nobody else may get that.
            let (file, dynamic) = (ManuallyDrop::new(file), ManuallyDrop::new(dynamic));
            Ok(Self { file, bytes: content.len(), dynamic, library: None })
        });
        opened
            .inspect_err(
                |why| tracing::debug!(path = %path.display(), %why, "no copy of a library is loaded"),
            )
            .ok()
    }

    fn holds(&self, content: &[u8]) -> bool {
        if self.bytes != content.len() {
            return false;
        }
        let mut own = vec![0; self.bytes];
        self.file.read_exact_at(&mut own, 0).is_ok() && own == content
    }
}

/// A file in memory that nobody can change any more.
fn private_copy(name: &str, content: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    file.write_all(content)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
    Ok(file)
}
