//! A signature over the manifest vouches for every file, and what is not vouched for is treated as the policy says.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use minisign::KeyPair;
use std::fs;
use std::path::Path;
use support::Written;
use tempfile::TempDir;
use undertone_bundle::{
    Acceptance, Bounds, Bundle, BundleError, MANIFEST_FILE, Provenance, SIGNATURE_FILE, Trust, TrustPolicy,
};

fn key_in(folder: &Path, name: &str) -> KeyPair {
    let pair = KeyPair::generate_unencrypted_keypair().expect("there is randomness");
    fs::write(folder.join(format!("{name}.pub")), pair.pk.to_box().expect("spelled").to_bytes())
        .expect("writable");
    pair
}

fn sign(dir: &Path, pair: &KeyPair) {
    let manifest = fs::File::open(dir.join(MANIFEST_FILE)).expect("there");
    let signature =
        minisign::sign(Some(&pair.pk), &pair.sk, manifest, Some("cnn@1.0.0"), None).expect("signed");
    fs::write(dir.join(SIGNATURE_FILE), signature.to_string()).expect("writable");
}

fn open(dir: &Path, policy: TrustPolicy, keys: &Path) -> Result<Bundle, BundleError> {
    let trust = Trust { policy, keys: Some(keys.to_owned()) };
    Bundle::open_accepted(dir, &Acceptance { trust, bounds: Bounds::default() })
}

fn refused(dir: &Path, keys: &Path) -> String {
    open(dir, TrustPolicy::Require, keys).expect_err("it should be refused").to_string()
}

#[test]
fn a_bundle_that_a_trusted_key_signed_is_opened_and_says_who() {
    let (written, keys) = (Written::new(), TempDir::new().expect("a temporary folder"));
    key_in(keys.path(), "another");
    sign(&written.dir(), &key_in(keys.path(), "release"));
    for policy in [TrustPolicy::Warn, TrustPolicy::Require] {
        let bundle = open(&written.dir(), policy, keys.path()).expect("signed");
        let signed = Provenance::Signed { key: "release".into(), comment: "cnn@1.0.0".into() };
        assert_eq!(bundle.provenance(), &signed);
    }
    let bundle = open(&written.dir(), TrustPolicy::Require, &keys.path().join("release.pub"))
        .expect("one file is enough");
    assert!(matches!(bundle.provenance(), Provenance::Signed { .. }));
    assert_eq!(Bundle::open(&written.dir()).expect("whole").provenance(), &Provenance::NotLookedAt);
}

#[test]
fn without_a_good_signature_a_bundle_is_refused_where_one_is_required_and_doubtful_where_not() {
    let (written, keys) = (Written::new(), TempDir::new().expect("a temporary folder"));
    let dir = written.dir();
    let why = refused(&dir, keys.path());
    assert!(why.ends_with("is not trusted: it is not signed"), "{why}");
    let doubtful = open(&dir, TrustPolicy::Warn, keys.path()).expect("whole");
    assert_eq!(doubtful.provenance(), &Provenance::Doubtful("it is not signed".into()));

    let (elsewhere, trusted) = (TempDir::new().expect("a temporary folder"), key_in(keys.path(), "release"));
    sign(&dir, &key_in(elsewhere.path(), "stranger"));
    assert!(refused(&dir, keys.path()).contains("signed by a key that is not in"));

    sign(&dir, &trusted);
    written.edit_manifest("A model for tests", "A model for pests");
    let why = refused(&dir, keys.path());
    assert!(why.contains("signature by release does not fit its manifest"), "{why}");
    open(&dir, TrustPolicy::Off, keys.path()).expect("nobody looks");
}

#[test]
fn a_changed_file_is_refused_however_well_the_manifest_is_signed() {
    let (written, keys) = (Written::new(), TempDir::new().expect("a temporary folder"));
    sign(&written.dir(), &key_in(keys.path(), "release"));
    fs::write(written.dir().join("whole.onnx"), b"other").expect("writable");
    assert!(refused(&written.dir(), keys.path()).contains("whole.onnx: has checksum"));
}

#[test]
fn a_signature_travels_in_the_archive() {
    let (written, keys) = (Written::new(), TempDir::new().expect("a temporary folder"));
    sign(&written.dir(), &key_in(keys.path(), "release"));
    let file = written.folder.path().join("cnn-1.0.0.tar.zst");
    fs::write(&file, Bundle::open(&written.dir()).expect("whole").pack().expect("readable"))
        .expect("writable");
    let into = TempDir::new().expect("a temporary folder");
    undertone_bundle::unpack(&file, into.path(), Bounds::default()).expect("packed by us");
    open(into.path(), TrustPolicy::Require, keys.path()).expect("signed");
}

#[test]
fn a_bundle_that_is_too_large_is_refused_before_its_files_are_read() {
    let written = Written::new();
    for (bounds, expected) in [
        (Bounds { max_files: 2, ..Bounds::default() }, "holds more than 2 files"),
        (Bounds { max_bytes: 10, ..Bounds::default() }, "10 are possible"),
    ] {
        let acceptance = Acceptance { bounds, trust: Trust::default() };
        let refused = Bundle::open_accepted(&written.dir(), &acceptance).expect_err("too large").to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
