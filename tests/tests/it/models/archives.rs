//! Bundles as one file, and who signed them.

use super::tools::{printed, undertone};
use super::{Releases, Speaker, load_from, refusal, spelled, states, versions};
use std::path::{Path, PathBuf};
use undertone_tests::repository;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn pack(bundle: &Path, out: &Path) -> PathBuf {
    printed(&undertone(&["bundle", "pack", text(bundle), "--out", text(out)]));
    out.to_owned()
}

fn keygen(name: &Path) {
    printed(&undertone(&["bundle", "keygen", text(name), "--no-password"]));
}

fn sign(bundle: &Path, key: &Path) {
    printed(&undertone(&["bundle", "sign", text(bundle), "--key", text(&key.with_extension("key"))]));
}

#[tokio::test]
async fn an_archive_is_served_from_the_folder_and_from_anywhere() {
    let releases = Releases::new();
    pack(&releases.make("1.1.0", |_, _| {}), &releases.models().join("cnn-1.1.0.tar.zst"));
    let server = releases.server(&[]).await;
    assert_eq!(states(&server).await, ["cnn@1.1.0 ready"]);
    Speaker::open(&server, "cnn").await.finish().await;
    let elsewhere = pack(&releases.make("1.2.0", |_, _| {}), &releases.beside().join("any-name.tar.zst"));
    let loaded = load_from(&server, &elsewhere).await.unwrap();
    assert_eq!(spelled(&loaded.version.unwrap()), "cnn@1.2.0");
    Speaker::open(&server, "cnn").await.finish().await;
}

#[tokio::test]
async fn what_was_unpacked_is_removed_when_its_version_is_freed() {
    let releases = Releases::new();
    let unpack_dir = releases.beside().join("unpacked");
    let server = releases.server(&[("models.unpack_dir", text(&unpack_dir))]).await;
    let archive = pack(&releases.make("1.1.0", |_, _| {}), &releases.models().join("cnn-1.1.0.tar.zst"));
    load_from(&server, &archive).await.unwrap();
    let count = || std::fs::read_dir(&unpack_dir).unwrap().count();
    assert_eq!(count(), 1);
    super::roll_back(&server, "cnn").await.unwrap();
    while count() > 0 {
        tokio::task::yield_now().await;
    }
    std::fs::write(&archive, b"spoilt").unwrap();
    refusal(&server, &archive).await;
    assert_eq!(count(), 0, "nothing is left of an archive that was refused");
}

#[tokio::test]
async fn an_archive_that_leaves_its_folder_is_refused_and_so_is_a_bomb() {
    let releases = Releases::new();
    let server = releases.server(&[("models.max_bundle_bytes", "100000000")]).await;
    for (name, expected) in
        [("leaving", "leaves the bundle"), ("bomb", "unpacks to more than 100000000 bytes")]
    {
        let archive = releases.beside().join(format!("{name}.tar.zst"));
        std::fs::write(&archive, crafted(name)).unwrap();
        assert!(archive.metadata().unwrap().len() < 400_000);
        let sentence = refusal(&server, &archive).await;
        assert!(sentence.contains(expected), "{expected:?} is not in {sentence:?}");
    }
    assert!(!releases.beside().parent().unwrap().join("evil").exists());
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"]);
}

/// An archive made by hand: Zstandard blocks (RFC 8878, 3.1.1.2) around one tar entry. The bomb is of 10 GiB of zeros.
fn crafted(name: &str) -> Vec<u8> {
    const BLOCK: u32 = 128 << 10;
    let block =
        |last: bool, kind: u32, size: u32| ((size << 3) | (kind << 1) | u32::from(last)).to_le_bytes();
    let (path, size): (&str, u64) =
        if name == "bomb" { ("whole.onnx", 10 << 30) } else { ("../evil", u64::from(BLOCK)) };
    let mut header = [0_u8; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    // A size in bytes rather than octal digits, as GNU tar spells one of 8 GiB and more.
    header[124] = 0x80;
    header[128..136].copy_from_slice(&size.to_be_bytes());
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3];
    frame.extend_from_slice(&block(false, 0, 512)[..3]);
    frame.extend_from_slice(&header);
    let blocks = size / u64::from(BLOCK);
    for index in 0..blocks {
        frame.extend_from_slice(&block(index + 1 == blocks, 1, BLOCK)[..3]);
        frame.push(0);
    }
    frame
}

#[tokio::test]
async fn where_signatures_are_required_only_trusted_ones_are_served() {
    let releases = Releases::new();
    let keys = releases.beside().join("keys");
    std::fs::create_dir(&keys).unwrap();
    keygen(&keys.join("release"));
    let stranger = releases.beside().join("stranger");
    keygen(&stranger);
    sign(&releases.models().join("cnn/1.0.0"), &keys.join("release"));
    let flags = [("models.trust", "require"), ("models.trusted_keys", text(&keys))];
    let server = releases.server(&flags).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"]);
    assert_eq!(versions(&server).await[0].signed_by, "release");

    let bundle = releases.make("1.1.0", |_, _| {});
    assert!(refusal(&server, &bundle).await.ends_with("is not trusted: it is not signed"));
    sign(&bundle, &stranger);
    assert!(refusal(&server, &bundle).await.contains("signed by a key that is not in"));
    sign(&bundle, &keys.join("release"));
    let manifest = std::fs::read_to_string(bundle.join("bundle.toml")).unwrap();
    std::fs::write(bundle.join("bundle.toml"), manifest.replace("temperature = ", "temperature = 1"))
        .unwrap();
    assert!(refusal(&server, &bundle).await.contains("does not fit its manifest"));
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.0.0");

    std::fs::write(bundle.join("bundle.toml"), manifest).unwrap();
    let archive = pack(&bundle, &releases.beside().join("cnn-1.1.0.tar.zst"));
    assert_eq!(load_from(&server, &archive).await.unwrap().version.unwrap().signed_by, "release");
}

#[tokio::test]
async fn where_signatures_are_only_looked_at_an_unsigned_bundle_is_served() {
    let releases = Releases::new();
    let key = releases.beside().join("release");
    keygen(&key);
    let public = key.with_extension("pub");
    let server = releases.server(&[("models.trust", "warn"), ("models.trusted_keys", text(&public))]).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"]);
    assert_eq!(versions(&server).await[0].signed_by, "");
}

#[test]
fn a_server_that_requires_signatures_and_trusts_nobody_does_not_start() {
    let settings = |keys: &str| {
        let folder = tempfile::TempDir::new().unwrap();
        undertone_tests::server_settings(
            folder.path(),
            &[("models.trust", "require"), ("models.trusted_keys", keys)],
        )
    };
    for keys in ["", text(&repository())] {
        let refused = settings(keys).expect_err("nobody is trusted").to_string();
        assert!(refused.contains("models.trusted_keys"), "{refused}");
    }
}
