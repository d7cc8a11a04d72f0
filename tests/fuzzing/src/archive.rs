//! Bundles as archives.

use crate::Target;
use crate::manifest::{bundle, names};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use undertone_bundle::{Bounds, unpack};

/// The bytes are unpacked as they are, and as a tar file that somebody packed well: nothing may appear but in the folder, and
/// no more than the bounds say.
pub(crate) const TARGET: Target = Target { name: "archive", run, corpus, is_understood };

const BOUNDS: Bounds = Bounds { max_bytes: 1 << 20, max_files: 16, max_ratio: 100 };
const ARCHIVE: &str = "archive.tar.zst";
const INTO: &str = "into";

fn run(data: &[u8]) {
    unpacked(data);
    unpacked(&compress_to_vec(data, CompressionLevel::Fastest));
}

fn is_understood(data: &[u8]) -> bool {
    unpacked(data) || unpacked(&compress_to_vec(data, CompressionLevel::Fastest))
}

fn unpacked(archive: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let (path, into) = (folder.path().join(ARCHIVE), folder.path().join(INTO));
    std::fs::create_dir(&into).expect("it can be written to");
    std::fs::write(&path, archive).expect("it can be written to");
    let unpacked = unpack(&path, &into, BOUNDS);
    assert_eq!(names(folder.path()), [ARCHIVE, INTO], "nothing appears beside the folder");
    let (files, bytes) = size(&into);
    assert!(files <= BOUNDS.max_files && bytes <= BOUNDS.max_bytes, "{files} files, {bytes} bytes");
    unpacked.is_ok()
}

/// Plain files below a folder, and their bytes; nothing else may be there but folders.
fn size(folder: &std::path::Path) -> (usize, u64) {
    let mut sum = (0, 0);
    for name in names(folder) {
        let path = folder.join(name);
        let kind = std::fs::symlink_metadata(&path).expect("it is there");
        assert!(kind.is_file() || kind.is_dir(), "{} is something else", path.display());
        let (files, bytes) = if kind.is_dir() { size(&path) } else { (1, kind.len()) };
        sum = (sum.0 + files, sum.1 + bytes);
    }
    sum
}

fn corpus() -> Vec<Vec<u8>> {
    let (_folder, bundle) = bundle();
    let packed = bundle.pack().expect("it can be packed");
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, content).expect("memory");
    };
    add("bundle.toml", b"name = \"m\"\n");
    add("folder/file", &[7; 3000]);
    vec![packed, tar.into_inner().expect("memory")]
}
