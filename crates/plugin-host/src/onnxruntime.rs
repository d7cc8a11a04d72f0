//! ONNX Runtime, which the host owns and plugins borrow.

use crate::OnnxRuntimeError;
use crate::error::why_not_loaded;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::ffi::{CStr, c_char, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The oldest minor version of ONNX Runtime 1 whose functions the plugin `onnx` knows.
const OLDEST_MINOR: u32 = 24;
/// From this one on the published builds write an identifier to the user's cache folder and call their maker
/// as soon as they start, before anything can turn it off.
const FIRST_MINOR_WITH_TELEMETRY: u32 = 29;

/// The head of ONNX Runtime's C interface, as its header `onnxruntime_c_api.h` declares it.
#[repr(C)]
pub(crate) struct OrtApiBase {
    get_api: unsafe extern "C" fn(version: u32) -> *const c_void,
    get_version_string: unsafe extern "C" fn() -> *const c_char,
}

/// ONNX Runtime; loaded when it is first asked for and never unloaded.
#[derive(Debug)]
pub(crate) struct OnnxRuntime {
    configured: Option<PathBuf>,
    folder: PathBuf,
    loaded: OnceLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    base: *const OrtApiBase,
    version: String,
}

// SAFETY: the base is constant, lives as long as the process, and may be used from any thread.
unsafe impl Send for Loaded {}
// SAFETY: as above.
unsafe impl Sync for Loaded {}

impl OnnxRuntime {
    /// Will load `configured`, or else the newest `libonnxruntime.so*` in `folder`.
    pub(crate) fn new(configured: Option<PathBuf>, folder: PathBuf) -> Self {
        Self { configured, folder, loaded: OnceLock::new() }
    }

    /// ONNX Runtime's `OrtApiBase`.
    pub(crate) fn base(&self) -> Result<*const OrtApiBase, OnnxRuntimeError> {
        self.load().map(|loaded| loaded.base)
    }

    /// Its version.
    pub(crate) fn version(&self) -> Result<&str, OnnxRuntimeError> {
        self.load().map(|loaded| loaded.version.as_str())
    }

    /// A failure is not kept: the library may be there when it is asked for the next time.
    fn load(&self) -> Result<&Loaded, OnnxRuntimeError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = load(&self.path()?)?;
        tracing::info!(version = loaded.version, "loaded ONNX Runtime");
        Ok(self.loaded.get_or_init(|| loaded))
    }

    fn path(&self) -> Result<PathBuf, OnnxRuntimeError> {
        let path = match &self.configured {
            Some(path) => path.clone(),
            None => {
                newest_in(&self.folder).ok_or_else(|| missing(&self.folder.join("libonnxruntime.so*")))?
            }
        };
        path.canonicalize().map_err(|_| missing(&path))
    }
}

fn missing(searched: &Path) -> OnnxRuntimeError {
    OnnxRuntimeError::Missing { searched: searched.display().to_string() }
}

fn newest_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let libraries = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libonnxruntime.so"))
    });
    libraries.max()
}

fn load(path: &Path) -> Result<Loaded, OnnxRuntimeError> {
    let shown = path.display().to_string();
    let failed = |message: String| OnnxRuntimeError::Open { path: shown.clone(), message };
    // SAFETY: loading runs the library's constructors; whoever configures the library is trusted with that.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| failed(why_not_loaded(&error)))?;
    // SAFETY: this is what ONNX Runtime's header says about the symbol.
    let get_base = unsafe { library.get::<unsafe extern "C" fn() -> *const OrtApiBase>(b"OrtGetApiBase\0") }
        .map_err(|error| failed(why_not_loaded(&error)))?;
    // SAFETY: as above.
    let base = unsafe { get_base() };
    std::mem::forget(library);
    if base.is_null() {
        return Err(failed("it gives no functions".to_owned()));
    }
    // SAFETY: the base lives as long as the library, which is never unloaded; its version is text that a zero
    // closes.
    let version = unsafe { CStr::from_ptr(((*base).get_version_string)()) }.to_string_lossy().into_owned();
    match version_problem(&version) {
        Some(why) => Err(OnnxRuntimeError::Version { path: shown, version, why }),
        None => Ok(Loaded { base, version }),
    }
}

fn version_problem(version: &str) -> Option<&'static str> {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(1)), Some(Ok(minor))) if minor < OLDEST_MINOR => Some("it is too old"),
        (Some(Ok(1)), Some(Ok(minor))) if minor >= FIRST_MINOR_WITH_TELEMETRY => {
            Some("such builds call their maker as soon as they start")
        }
        (Some(Ok(1)), Some(Ok(_))) => None,
        _ => Some("it is not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_are_known_and_quiet_are_used() {
        for good in ["1.24.0", "1.28.0", "1.28.1-dev"] {
            assert_eq!(version_problem(good), None, "{good}");
        }
        for bad in ["1.23.9", "1.29.0", "2.0.0", "", "one.two"] {
            assert!(version_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_missing_library_is_said_with_what_to_do() {
        let runtime = OnnxRuntime::new(None, PathBuf::from("/nowhere/lib"));
        let message = runtime.base().expect_err("nothing there").to_string();
        assert!(message.contains("/nowhere/lib") && message.contains("cargo xtask stage"), "{message}");
    }
}
