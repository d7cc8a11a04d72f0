//! ONNX Runtime's shared library, which Cargo cannot bring: taken once from its Python wheel, verified and cached.
//!
//! 1.28.0 is the last version whose published Linux builds write nothing to disk and open no connection by themselves.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::checksum;
use crate::progress::{note, step};
use crate::wheel::Wheel;
use crate::workspace::Workspace;

const VERSION: &str = "1.28.0";
const REQUIREMENT: &str = "onnxruntime==1.28.0";
const LIBRARY: &str = "libonnxruntime.so.1.28.0";
const OVERRIDE: &str = "UNDERTONE_ONNXRUNTIME";
/// What must travel with the library when it is passed on.
const NOTICES: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];

/// The library and the notices that belong to it.
pub(crate) struct OnnxRuntime {
    /// The shared library.
    pub(crate) library: PathBuf,
    /// Licence files; none for a library that the user named.
    pub(crate) notices: Vec<PathBuf>,
}

/// Where a platform's library comes from.
struct Source {
    wheel: Wheel,
    /// SHA-256 of the library itself; the same in the wheels for all Python versions.
    library_sha256: &'static str,
}

/// Returns the library that `UNDERTONE_ONNXRUNTIME` names, else the cached one, else fetches it.
pub(crate) fn provide(workspace: &Workspace) -> Result<OnnxRuntime> {
    if let Some(named) = std::env::var_os(OVERRIDE).map(PathBuf::from) {
        ensure!(named.is_file(), "{OVERRIDE} names {}, which is not a file", named.display());
        note(&format!("ONNX Runtime: {} ({OVERRIDE})", named.display()));
        return Ok(OnnxRuntime { library: named, notices: Vec::new() });
    }
    let source = source()?;
    let folder = workspace.cache().join("onnxruntime").join(VERSION).join(source.wheel.platform);
    let library = folder.join(LIBRARY);
    if !library.is_file() {
        step(&format!("fetch ONNX Runtime {VERSION}"), || source.wheel.fetch(&folder, keep)).with_context(
            || format!("ONNX Runtime was not fetched; {OVERRIDE} may name a library file instead"),
        )?;
    }
    checksum::verify(&library, source.library_sha256)?;
    Ok(OnnxRuntime { library, notices: NOTICES.map(|name| folder.join(name)).to_vec() })
}

fn source() -> Result<Source> {
    match (OS, ARCH) {
        ("linux", "x86_64") => Ok(Source {
            wheel: Wheel {
                requirement: REQUIREMENT,
                platform: "manylinux_2_28_x86_64",
                sha256: "0a83bdb70d143cede762b677789bf2a7acca54b3fb82565601d5c30695aa933c",
            },
            library_sha256: "aa4079d18f4ea7a5f3a94d80cd4bbe0f2740436626622d64d793803a20381083",
        }),
        ("linux", "aarch64") => Ok(Source {
            wheel: Wheel {
                requirement: REQUIREMENT,
                platform: "manylinux_2_28_aarch64",
                sha256: "4e81a23df16e7acb9d51b06d30cc098e49315ef9180f97bc2221d167b4b04d9c",
            },
            library_sha256: "23a37c2994bc273e1d59a4f49af6cba5bf1cfbc29f04907ec27df375aba50a7d",
        }),
        _ => bail!(
            "no ONNX Runtime is known for {OS} on {ARCH}; set {OVERRIDE} to a library file of version {VERSION}"
        ),
    }
}

fn keep(unpacked: &Path, ready: &Path) -> Result<()> {
    let package = unpacked.join("onnxruntime");
    let library = package.join("capi").join(LIBRARY);
    fs::rename(&library, ready.join(LIBRARY)).with_context(|| format!("the wheel holds no {LIBRARY}"))?;
    for notice in NOTICES {
        fs::rename(package.join(notice), ready.join(notice))
            .with_context(|| format!("the wheel holds no {notice}"))?;
    }
    Ok(())
}
