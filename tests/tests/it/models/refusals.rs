//! Versions that fail: each is refused with one sentence, never takes a stream, and changes nothing.

use super::{Releases, Speaker, load_from, refusal, states};
use crate::isolation_site::IsolationSite;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use undertone_bundle::{Checksum, GOLDEN_FRAMES_FILE, Golden, Manifest};
use undertone_tests::{TestServer, copy_tree, stage};

/// A sample whose answer is known to be another one.
fn wrong_golden(manifest: &mut Manifest, files: &mut crate::variant::Files) {
    let (time, dim) = (manifest.limits.min_frames, manifest.features.dim);
    manifest.golden = Some(Golden {
        frames: GOLDEN_FRAMES_FILE.into(),
        time,
        logits: vec![1000.0; manifest.labels.len()],
        stream_logits: None,
        tolerance: 1e-3,
    });
    files.insert(GOLDEN_FRAMES_FILE.into(), Golden::encode_frames(&vec![0.5; (time * dim) as usize]));
}

fn edit(bundle: &Path, change: impl FnOnce(String) -> String) {
    let path = bundle.join("bundle.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, change(manifest)).unwrap();
}

fn other_fingerprint(bundle: &Path) {
    edit(bundle, |manifest| {
        let begin = manifest.find("fingerprint = \"sha256:").unwrap() + "fingerprint = \"sha256:".len();
        let mut spoilt = manifest.clone();
        spoilt.replace_range(begin..begin + 8, "00000000");
        spoilt
    });
}

/// Bundles that nobody may load, and a part of the sentence that says why.
fn bad_bundles(releases: &Releases) -> Vec<(PathBuf, &'static str)> {
    let tampered = releases.make("2.0.1", |_, _| {});
    let weights = tampered.join("whole.onnx");
    let mut bytes = std::fs::read(&weights).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(weights, bytes).unwrap();

    let leaving = releases.make("2.0.2", |_, _| {});
    edit(&leaving, |manifest| {
        manifest.replace("\"whole.onnx\"", "\"../whole.onnx\"").replace("\"card.md\" =", "\"../card.md\" =")
    });

    let linked = releases.make("2.0.3", |_, _| {});
    std::fs::rename(linked.join("whole.onnx"), releases.beside().join("elsewhere.onnx")).unwrap();
    std::os::unix::fs::symlink(releases.beside().join("elsewhere.onnx"), linked.join("whole.onnx")).unwrap();

    let crowded = releases.make("2.0.4", |_, _| {});
    std::fs::write(crowded.join("extra.so"), b"code that nobody listed").unwrap();

    let garbled = releases.make("2.0.5", |_, _| {});
    edit(&garbled, |manifest| manifest.replace("schema = 1", "schema = 7"));

    let foreign = releases.make("2.0.6", |manifest, _| manifest.plugin.abi = "9.0".into());
    vec![
        (tampered, "whole.onnx: has checksum sha256:"),
        (leaving, "leaves the bundle: only relative paths without .."),
        (linked, "whole.onnx: is a link out of the bundle"),
        (crowded, "extra.so: lies in the folder but is not listed"),
        (garbled, "schema: 7 is not 1"),
        (foreign, "was built for version 9.0 of the plugin contract"),
    ]
}

#[tokio::test]
async fn every_bad_bundle_is_refused_with_one_sentence_and_nothing_changes() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let live = Speaker::open(&server, "cnn").await;
    let mut bad = bad_bundles(&releases);
    bad.push((releases.make("2.1.0", wrong_golden), "it does not compute what was trained"));
    let fingerprint = releases.make("2.1.1", |_, _| {});
    other_fingerprint(&fingerprint);
    bad.push((fingerprint, "the fingerprint of its features is sha256:00000000"));
    let graph = |_: &mut Manifest, files: &mut crate::variant::Files| {
        files.insert("whole.onnx".into(), b"no graph".to_vec());
    };
    bad.push((releases.make("2.1.2", graph), "is no graph that ONNX Runtime can run"));
    for (bundle, expected) in bad {
        let sentence = refusal(&server, &bundle).await;
        assert!(sentence.contains(expected), "{expected:?} is not in {sentence:?}");
        assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.0.0");
    }
    let states = states(&server).await;
    assert_eq!(states[0], "cnn@1.0.0 ready");
    assert!(states[1..].iter().all(|state| state.ends_with(" refused")), "{states:?}");
    assert!(!live.finish().await.is_empty());
}

/// A server whose folder of plugins holds nothing but `plugins`: whatever it says about a bundle, it has loaded no other.
async fn server_with(releases: &Releases, plugins: &TempDir, named: &[&str]) -> TestServer {
    for name in named {
        let library = format!("libundertone_plugin_{name}.so");
        std::fs::copy(stage().unwrap().join("plugins").join(&library), plugins.path().join(library)).unwrap();
    }
    let library = stage().unwrap().join("lib/libonnxruntime.so");
    let (folder, library) = (plugins.path().to_str().unwrap(), library.to_str().unwrap());
    releases.server(&[("plugins.dir", folder), ("onnxruntime.path", library)]).await
}

#[tokio::test]
async fn files_are_checked_before_any_library_is_loaded() {
    let (releases, plugins) = (Releases::new(), TempDir::new().unwrap());
    let server = server_with(&releases, &plugins, &[]).await;
    let good = load_from(&server, &releases.make("2.0.0", |_, _| {})).await.expect_err("there is no library");
    assert!(good.message().contains("there is no library"), "{good}");
    for (bundle, expected) in bad_bundles(&releases) {
        let sentence = refusal(&server, &bundle).await;
        assert!(sentence.contains(expected), "{expected:?} is not in {sentence:?}");
    }
}

#[tokio::test]
async fn other_features_are_refused_before_the_library_that_runs_the_graph_is_loaded() {
    let (releases, plugins) = (Releases::new(), TempDir::new().unwrap());
    let server = server_with(&releases, &plugins, &["logmel"]).await;
    let bundle = releases.make("2.0.0", |_, _| {});
    other_fingerprint(&bundle);
    let sentence = refusal(&server, &bundle).await;
    assert!(sentence.matches("sha256:").count() == 2 && sentence.contains("logmel"), "{sentence}");
}

#[tokio::test]
async fn other_features_than_an_extractor_has_noted_are_refused_before_any_library_is_loaded() {
    let (releases, plugins) = (Releases::new(), TempDir::new().unwrap());
    // A file that nobody can load, and the note that the extractor of the staged tree would leave beside it.
    let library = plugins.path().join("libundertone_plugin_logmel.so");
    std::fs::write(&library, "no library").unwrap();
    let noted = stage().unwrap().join("plugins/libundertone_plugin_logmel.toml");
    let staged = Checksum::of(&std::fs::read(noted.with_extension("so")).unwrap()).to_string();
    let noted = std::fs::read_to_string(noted).unwrap();
    assert!(noted.contains(&staged), "{noted}");
    let note = noted.replace(&staged, &Checksum::of(b"no library").to_string());
    std::fs::write(library.with_extension("toml"), note).unwrap();
    let server = server_with(&releases, &plugins, &[]).await;
    let bundle = releases.make("2.0.0", |_, _| {});
    let unloadable = load_from(&server, &bundle).await.expect_err("nobody can load its extractor");
    assert!(unloadable.message().contains("cannot be loaded as a plugin"), "{unloadable}");
    other_fingerprint(&bundle);
    let sentence = refusal(&server, &bundle).await;
    assert!(sentence.matches("sha256:").count() == 2 && sentence.contains("logmel"), "{sentence}");
}

#[tokio::test]
async fn a_bundle_that_lies_where_another_belongs_is_refused() {
    let releases = Releases::new();
    copy_tree(&releases.make("1.5.0", |_, _| {}), &releases.models().join("cnn/1.4.0")).unwrap();
    let server = releases.server(&[]).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready", "cnn@1.4.0 refused"]);
    let versions = super::versions(&server).await;
    assert!(
        versions[1].reason.contains("where cnn@1.4.0 belongs, and says that it is cnn@1.5.0"),
        "{}",
        versions[1].reason
    );
}

#[tokio::test]
async fn a_refused_version_is_loaded_once_it_was_mended() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let bundle = releases.release("1.1.0", |_, _| {});
    let card = std::fs::read(bundle.join("card.md")).unwrap();
    std::fs::write(bundle.join("card.md"), b"changed").unwrap();
    super::load_named(&server, "cnn").await.expect_err("a file was changed");
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready", "cnn@1.1.0 refused"]);
    std::fs::write(bundle.join("card.md"), card).unwrap();
    super::load_named(&server, "cnn").await.unwrap();
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.1.0");
}

#[tokio::test]
async fn a_version_that_does_not_get_loaded_in_time_is_refused_and_the_next_one_has_its_turn() {
    let site = IsolationSite::new(&["good"]);
    // The process that hangs is ended by its own limit, and the thread that waits for it goes on.
    let flags = [
        ("models.watch", "false"),
        ("models.load_within", "5s"),
        ("plugins.process.start_within", "8s"),
        ("models.policy", "latest 5"),
    ];
    let server = site.start(&flags).await;
    let refused = load_from(&server, &site.beside("2.0.0", "hang-at-open")).await.expect_err("it hangs");
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused}");
    assert!(
        refused.message().contains("faulty@2.0.0 was not loaded within 5s (models.load_within)"),
        "{refused}"
    );
    let told = states(&server).await;
    assert!(told.contains(&"faulty@2.0.0 refused".to_owned()), "{told:?}");
    load_from(&server, &site.beside("3.0.0", "good")).await.expect("it does not wait for the one that hangs");
}
