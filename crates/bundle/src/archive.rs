//! A bundle as one file: its folder as a tar archive, compressed with Zstandard.
//!
//! An archive comes from outside and is believed nothing: only plain files and folders below the bundle are written, and no
//! more bytes than the bounds allow, however many the archive says or holds.

use crate::bundle::{Bundle, MANIFEST_FILE};
use crate::files::{MAX_DEPTH, path_mistake};
use crate::{Bounds, BundleError, SIGNATURE_FILE};
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;
use tar::{Archive, Entry, EntryType, Header};

/// Ends the name of an archive.
pub const ARCHIVE_ENDING: &str = ".tar.zst";

/// The decoder keeps so much of what it unpacked: as much as `zstd -19` asks for.
const MAX_WINDOW_BYTES: u64 = 8 << 20;
/// The smallest archive may unpack to as much, whatever its ratio: text is compressed well.
const ALWAYS_POSSIBLE_BYTES: u64 = 1 << 20;
/// A tar archive spends so much on one file at most, beside its content.
const OVERHEAD_PER_FILE: u64 = 4096;
const MAX_EXTENDED_HEADER_BYTES: u64 = 64 << 10;

impl Bundle {
    /// The bundle as an archive. Equal bundles give equal archives.
    pub fn pack(&self) -> Result<Vec<u8>, BundleError> {
        let mut tar = tar::Builder::new(Vec::new());
        let listed = self.manifest().files.keys().map(String::as_str);
        let signature = self.path_of(SIGNATURE_FILE).exists().then_some(SIGNATURE_FILE);
        for path in [MANIFEST_FILE].into_iter().chain(signature).chain(listed) {
            let failed =
                |source| BundleError::Read { dir: self.dir().to_owned(), file: path.to_owned(), source };
            let content = fs::read(self.path_of(path)).map_err(failed)?;
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, content.as_slice()).map_err(failed)?;
        }
        let archive = tar.into_inner().map_err(|source| BundleError::Read {
            dir: self.dir().to_owned(),
            file: ".".to_owned(),
            source,
        })?;
        Ok(compress_to_vec(archive.as_slice(), CompressionLevel::Fastest))
    }
}

/// Writes the files of `archive` into the folder `into`, which is empty, and stops at the first thing that is wrong. What was
/// written until then stays there. The files are not compared with any checksum: [`Bundle::open`] does that.
pub fn unpack(archive: &Path, into: &Path, bounds: Bounds) -> Result<(), BundleError> {
    let failed = |what| BundleError::Archive { path: archive.to_owned(), what };
    let unreadable = |why| failed(format!("it cannot be read: {why}"));
    // Opening a pipe would wait for somebody who writes.
    let size = archive.metadata().map_err(unreadable)?;
    if !size.is_file() {
        return Err(failed("it is not a plain file".into()));
    }
    let file = File::open(archive).map_err(unreadable)?;
    let allowance = Allowance::new(size.len(), bounds);
    let mut source = BufReader::new(file);
    let decoder = StreamingDecoder::new_with_max_window_size(&mut source, MAX_WINDOW_BYTES)
        .map_err(|why| failed(format!("it is not compressed with Zstandard as it should be: {why}")))?;
    Unpacking { into, allowance, files: 0 }.all(decoder).map_err(failed)
}

/// What an archive may unpack to.
struct Allowance {
    bounds: Bounds,
    packed_bytes: u64,
    bytes: u64,
}

impl Allowance {
    fn new(packed_bytes: u64, bounds: Bounds) -> Self {
        Self { bounds, packed_bytes, bytes: 0 }
    }

    fn by_ratio(&self) -> u64 {
        self.packed_bytes.saturating_mul(self.bounds.max_ratio).max(ALWAYS_POSSIBLE_BYTES)
    }

    /// Bytes of the tar archive, headers and all.
    fn of_tar(&self) -> u64 {
        let overhead = (self.bounds.max_files as u64 + 16) * OVERHEAD_PER_FILE;
        self.bounds.max_bytes.min(self.by_ratio()).saturating_add(overhead)
    }

    /// Takes a file of so many bytes.
    fn take(&mut self, bytes: u64) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        let Bounds { max_bytes, max_ratio, .. } = self.bounds;
        if self.bytes > max_bytes {
            return Err(format!("it unpacks to more than {max_bytes} bytes, which is the limit"));
        }
        if self.bytes > self.by_ratio() {
            let packed = self.packed_bytes;
            return Err(format!(
                "it unpacks to more than {max_ratio} times its {packed} bytes, which is the limit"
            ));
        }
        Ok(())
    }
}

struct Unpacking<'a> {
    into: &'a Path,
    allowance: Allowance,
    files: usize,
}

impl Unpacking<'_> {
    fn all(mut self, decoder: impl Read) -> Result<(), String> {
        let unreadable = |why: io::Error| format!("it cannot be unpacked: {why}");
        let mut archive = Archive::new(decoder.take(self.allowance.of_tar()));
        // Raw: nothing is believed, and nothing held in memory, that the archive says about the entry after.
        for entry in archive.entries().map_err(unreadable)?.raw(true) {
            self.one(&mut entry.map_err(unreadable)?)?;
        }
        Ok(())
    }

    fn one(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), String> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XHeader | EntryType::XGlobalHeader) {
            return extended_header(entry);
        }
        let path = inner_path(entry)?;
        match kind {
            EntryType::Directory => {}
            EntryType::Regular | EntryType::Continuous => return self.file(entry, &path),
            other => {
                return Err(format!(
                    "{path:?} in it is {}; only files and folders are possible",
                    name_of(other)
                ));
            }
        }
        if path.is_empty() { Ok(()) } else { plain(&path).map(drop) }
    }

    fn file(&mut self, entry: &mut Entry<'_, impl Read>, path: &str) -> Result<(), String> {
        let depth = plain(path)?;
        if depth > MAX_DEPTH {
            return Err(format!("{path:?} in it lies more than {MAX_DEPTH} folders deep"));
        }
        self.files += 1;
        let most = self.allowance.bounds.max_files + 2;
        if self.files > most {
            return Err(format!("it holds more than {most} files, which is the limit"));
        }
        let size = entry.header().entry_size().map_err(|why| format!("{path:?} in it has no size: {why}"))?;
        self.allowance.take(size)?;
        let target = self.into.join(path);
        let parent = target.parent().unwrap_or(self.into);
        let written = fs::create_dir_all(parent)
            .and_then(|()| File::create_new(&target))
            .and_then(|mut file| io::copy(&mut entry.take(size), &mut file));
        match written {
            Ok(bytes) if bytes == size => Ok(()),
            Ok(_) => Err(format!("it ends inside {path:?}")),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Err(format!("it holds {path:?} twice")),
            Err(why) => Err(format!("{path:?} in it cannot be unpacked: {why}")),
        }
    }
}

/// The entry's path as a manifest would spell it.
fn inner_path(entry: &Entry<'_, impl Read>) -> Result<String, String> {
    let bytes = entry.path_bytes();
    let path = std::str::from_utf8(&bytes).map_err(|_| "a path in it is not UTF-8".to_owned())?;
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    Ok(if path == "." { String::new() } else { path.to_owned() })
}

/// How deep a path lies that stays inside.
fn plain(path: &str) -> Result<usize, String> {
    let is_own = path == MANIFEST_FILE || path == SIGNATURE_FILE;
    match path_mistake(path).filter(|_| !is_own) {
        Some(what) => Err(format!("the path {path:?} in it {what}")),
        None => Ok(path.matches('/').count()),
    }
}

/// Times and owners are passed over. Long names and sizes are not: bundles need none.
fn extended_header(entry: &mut Entry<'_, impl Read>) -> Result<(), String> {
    let size = entry.header().entry_size().unwrap_or(u64::MAX);
    if size > MAX_EXTENDED_HEADER_BYTES {
        return Err(format!("an extended header in it has {size} bytes"));
    }
    let mut text = Vec::new();
    entry.read_to_end(&mut text).map_err(|why| format!("it cannot be unpacked: {why}"))?;
    for keyword in ["path", "linkpath", "size"] {
        let record = format!(" {keyword}=");
        if text.windows(record.len()).any(|bytes| bytes == record.as_bytes()) {
            return Err(format!(
                "an extended header in it gives a {keyword}: use names of at most 100 bytes"
            ));
        }
    }
    Ok(())
}

fn name_of(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        EntryType::GNULongName | EntryType::GNULongLink => "a name of more than 100 bytes",
        _ => "of a kind of its own",
    }
}
