//! A bundle as one file is unpacked as it was packed, or not at all, whatever the archive says.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::fs;
use support::{FILES, Written};
use tar::{EntryType, Header};
use tempfile::TempDir;
use undertone_bundle::{Bounds, Bundle, candidates, unpack};

/// What is said about an archive of these entries: path, kind, content.
fn refusal_of(entries: &[(&str, EntryType, &[u8])], bounds: Bounds) -> String {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, kind, content) in entries {
        tar.append(&header(path, *kind, content.len() as u64), *content).expect("memory");
    }
    refusal_of_tar(&tar.into_inner().expect("memory"), bounds)
}

/// A header whose path nobody has checked.
fn header(path: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    if kind.is_symlink() || kind.is_hard_link() {
        header.set_link_name("/etc/passwd").expect("short");
    }
    header.set_cksum();
    header
}

fn refusal_of_tar(tar: &[u8], bounds: Bounds) -> String {
    refusal(&compress_to_vec(tar, CompressionLevel::Fastest), bounds)
}

fn refusal(archive: &[u8], bounds: Bounds) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("x-1.0.0.tar.zst");
    fs::write(&file, archive).expect("writable");
    let into = folder.path().join("into");
    fs::create_dir(&into).expect("writable");
    let refused = unpack(&file, &into, bounds).expect_err("it should be refused").to_string();
    let outside = fs::read_dir(folder.path()).expect("there").count();
    assert_eq!(outside, 2, "nothing was written beside the folder");
    refused
}

/// A Zstandard frame that unpacks to one tar header and then to `zeros` zeros: blocks of one repeated byte (RFC 8878, 3.1.1.2).
fn bomb(path: &str, zeros: u64) -> Vec<u8> {
    const BLOCK: u64 = 128 << 10;
    let block =
        |last: bool, kind: u32, size: u32| ((size << 3) | (kind << 1) | u32::from(last)).to_le_bytes();
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3];
    frame.extend_from_slice(&block(false, 0, 512)[..3]);
    frame.extend_from_slice(header(path, EntryType::Regular, zeros).as_bytes());
    for index in 0..zeros / BLOCK {
        frame.extend_from_slice(&block(index + 1 == zeros / BLOCK, 1, BLOCK as u32)[..3]);
        frame.push(0);
    }
    frame
}

#[test]
fn a_packed_bundle_comes_out_as_it_was() {
    let written = Written::new();
    let bundle = Bundle::open(&written.dir()).expect("unchanged");
    let archive = bundle.pack().expect("readable");
    assert_eq!(archive, bundle.pack().expect("readable"), "equal bundles give equal archives");
    let file = written.folder.path().join("cnn-1.0.0.tar.zst");
    fs::write(&file, archive).expect("writable");
    let into = TempDir::new().expect("a temporary folder");
    unpack(&file, into.path(), Bounds::default()).expect("it was packed by us");
    let unpacked = Bundle::open(into.path()).expect("whole");
    assert_eq!(unpacked.manifest(), bundle.manifest());
    for (path, content) in FILES {
        assert_eq!(&fs::read(unpacked.path_of(path)).expect("there"), content);
    }
}

#[test]
fn paths_that_leave_the_bundle_are_refused_and_nothing_is_written() {
    for path in ["../evil", "a/../../evil", "/etc/evil", "./../evil"] {
        let refused = refusal_of(&[(path, EntryType::Regular, b"x")], Bounds::default());
        assert!(refused.contains("leaves the bundle"), "{refused}");
    }
    let refused = refusal_of(&[("../evil", EntryType::Directory, b"")], Bounds::default());
    assert!(refused.contains("leaves the bundle"), "{refused}");
}

#[test]
fn links_devices_and_pipes_are_refused_by_their_names() {
    let kinds = [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::GNUSparse, "a sparse file"),
    ];
    for (kind, name) in kinds {
        let refused = refusal_of(&[("whole.onnx", kind, b"")], Bounds::default());
        assert!(refused.contains(&format!("\"whole.onnx\" in it is {name};")), "{refused}");
    }
}

#[test]
fn a_file_that_is_given_twice_is_refused() {
    let twice = [("a", EntryType::Regular, b"1".as_slice()), ("a", EntryType::Regular, b"2")];
    let refused = refusal_of(&twice, Bounds::default());
    assert!(refused.contains("holds \"a\" twice"), "{refused}");
}

#[test]
fn names_that_stand_elsewhere_than_in_the_entry_are_refused() {
    let record = b"17 path=../evil\n\n";
    let extended = [("x", EntryType::XHeader, record.as_slice()), ("a", EntryType::Regular, b"1")];
    let refused = refusal_of(&extended, Bounds::default());
    assert!(refused.contains("gives a path"), "{refused}");
    let long =
        [("././@LongLink", EntryType::GNULongName, b"../evil\0".as_slice()), ("a", EntryType::Regular, b"1")];
    let refused = refusal_of(&long, Bounds::default());
    assert!(refused.contains("a name of more than 100 bytes"), "{refused}");
}

#[test]
fn ten_gigabytes_in_a_small_archive_are_refused_before_they_are_unpacked() {
    let archive = bomb("whole.onnx", 10 << 30);
    assert!(archive.len() < 400_000, "{} bytes", archive.len());
    let refused = refusal(&archive, Bounds::default());
    assert!(refused.contains("unpacks to more than 1073741824 bytes"), "{refused}");
}

#[test]
fn an_archive_that_unpacks_to_many_times_its_size_is_refused() {
    let refused = refusal(&bomb("whole.onnx", 64 << 20), Bounds::default());
    assert!(refused.contains("more than 100 times its"), "{refused}");
}

#[test]
fn an_archive_that_says_less_than_it_holds_gives_no_more_than_it_says() {
    let mut tar = tar::Builder::new(Vec::new());
    tar.append(&header("a", EntryType::Regular, 3), b"abc".as_slice()).expect("memory");
    let mut archive = tar.into_inner().expect("memory");
    archive.truncate(512 + 2);
    let refused = refusal_of_tar(&archive, Bounds::default());
    assert!(refused.contains("ends inside \"a\"") || refused.contains("cannot be unpacked"), "{refused}");
}

#[test]
fn more_files_than_possible_are_refused() {
    let names: Vec<String> = (0..8).map(|number| format!("file-{number}")).collect();
    let entries: Vec<_> =
        names.iter().map(|name| (name.as_str(), EntryType::Regular, b"".as_slice())).collect();
    let refused = refusal_of(&entries, Bounds { max_files: 4, ..Bounds::default() });
    assert!(refused.contains("more than 6 files"), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_an_archive_is_refused_and_nobody_waits_for_a_writer() {
    let folder = tempfile::tempdir().expect("writable");
    let pipe = folder.path().join("cnn-1.0.0.tar.zst");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("there").success());
    let refusal = unpack(&pipe, folder.path(), Bounds::default()).expect_err("no archive").to_string();
    assert!(refusal.contains("not a plain file"), "{refusal}");
}

#[test]
fn bytes_that_are_no_archive_are_refused() {
    for bytes in [b"".as_slice(), b"not an archive", &[0x28, 0xb5, 0x2f, 0xfd]] {
        let refused = refusal(bytes, Bounds::default());
        assert!(refused.contains("x-1.0.0.tar.zst"), "{refused}");
    }
}

#[test]
fn archives_are_found_by_their_names_and_folders_go_before_them() {
    let models = TempDir::new().expect("a temporary folder");
    fs::create_dir_all(models.path().join("cnn/1.0.0")).expect("writable");
    for name in [
        "cnn-1.0.0.tar.zst",
        "cnn-1.1.0-rc.1.tar.zst",
        "my-cnn-2.0.0.tar.zst",
        "noversion.tar.zst",
        ".x-1.0.0.tar.zst",
    ] {
        fs::write(models.path().join(name), b"").expect("writable");
    }
    fs::write(models.path().join("cnn/1.2.0.tar.zst"), b"").expect("writable");
    let found = candidates(models.path()).expect("readable");
    let shown: Vec<_> =
        found.iter().map(|found| (format!("{}@{}", found.name, found.version), found.is_archive())).collect();
    let expected =
        [("cnn@1.0.0", false), ("cnn@1.1.0-rc.1", true), ("cnn@1.2.0", true), ("my-cnn@2.0.0", true)];
    assert_eq!(shown, expected.map(|(name, archive)| (name.to_owned(), archive)));
}
