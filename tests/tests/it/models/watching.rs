//! Bundles that appear in the folder while a server runs.

use super::{Releases, Speaker, roll_back, states, until};
use undertone_tests::copy_tree;

/// A server that looks soon.
const SOON: (&str, &str) = ("models.watch_settle", "50ms");

#[tokio::test]
async fn a_version_that_appears_takes_new_streams_and_one_that_fails_does_not() {
    let releases = Releases::new();
    let server = releases.serve(&[SOON]).await;
    let old = Speaker::open(&server, "cnn").await;
    releases.release("1.1.0", |_, _| {});
    until(&server, &["cnn@1.0.0 draining", "cnn@1.1.0 ready"]).await;
    let new = Speaker::open(&server, "cnn").await;
    assert_eq!((old.announced.as_str(), new.announced.as_str()), ("cnn@1.0.0", "cnn@1.1.0"));
    releases.release("1.2.0", |_, files| {
        files.insert("whole.onnx".into(), b"no graph".to_vec());
    });
    until(&server, &["cnn@1.0.0 draining", "cnn@1.1.0 ready", "cnn@1.2.0 refused"]).await;
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.1.0");
    old.finish().await;
    new.finish().await;
}

#[tokio::test]
async fn a_bundle_is_loaded_when_its_last_file_is_there_and_not_before() {
    let releases = Releases::new();
    let server = releases.serve(&[SOON]).await;
    let whole = releases.make("1.1.0", |_, _| {});
    let target = releases.models().join("cnn/1.1.0");
    let weights = std::fs::read(whole.join("whole.onnx")).unwrap();
    std::fs::write(whole.join("whole.onnx"), &weights[..weights.len() / 2]).unwrap();
    copy_tree(&whole, &target).unwrap();
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 refused"]).await;
    std::fs::write(target.join("whole.onnx"), &weights).unwrap();
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
}

#[tokio::test]
async fn what_was_rolled_back_does_not_come_back_by_itself() {
    let releases = Releases::new();
    let server = releases.serve(&[SOON]).await;
    let bundle = releases.release("1.1.0", |_, _| {});
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
    roll_back(&server, "cnn").await.unwrap();
    std::fs::write(bundle.join("card.md"), std::fs::read(bundle.join("card.md")).unwrap()).unwrap();
    releases.release("1.2.0", |_, _| {});
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 unloaded", "cnn@1.2.0 ready"]).await;
}

#[tokio::test]
async fn a_removed_version_goes_unless_it_is_the_last_one_of_its_model() {
    let releases = Releases::new();
    releases.release("1.1.0", |_, _| {});
    let server = releases.serve(&[SOON, ("models.policy", "latest 2")]).await;
    std::fs::remove_dir_all(releases.models().join("cnn/1.1.0")).unwrap();
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 unloaded"]).await;
    std::fs::remove_dir_all(releases.models().join("cnn/1.0.0")).unwrap();
    // It comes after the removal, so when it was seen the removal was, too.
    releases.release("1.3.0", |_, files| {
        files.insert("whole.onnx".into(), b"no graph".to_vec());
    });
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 unloaded", "cnn@1.3.0 refused"]).await;
    // One that was refused is not told of any more.
    std::fs::remove_dir_all(releases.models().join("cnn/1.3.0")).unwrap();
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 unloaded"]).await;
    Speaker::open(&server, "cnn").await.finish().await;
}

#[tokio::test]
async fn a_model_of_another_name_appears_beside_the_others() {
    let releases = Releases::new();
    let server = releases.serve(&[SOON]).await;
    let bundle = releases.make("1.0.0", |manifest, _| manifest.name = "second".into());
    copy_tree(&bundle, &releases.models().join("second/1.0.0")).unwrap();
    until(&server, &["cnn@1.0.0 ready", "second@1.0.0 ready"]).await;
    assert_eq!(Speaker::open(&server, "second").await.announced, "second@1.0.0");
    assert_eq!(states(&server).await.len(), 2);
}

#[tokio::test]
async fn another_folder_that_takes_the_place_of_the_models_is_looked_at_and_watched() {
    let releases = Releases::new();
    let server = releases.serve(&[SOON]).await;
    let bundle = releases.make("1.1.0", |_, _| {});
    std::fs::rename(releases.models(), releases.models().with_extension("before")).unwrap();
    copy_tree(&bundle, &releases.models().join("cnn/1.1.0")).unwrap();
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
    releases.release("1.2.0", |_, _| {});
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 unloaded", "cnn@1.2.0 ready"]).await;
    // The number of the folder before is given to the new one at once by many file systems.
    let bundle = releases.make("1.3.0", |_, _| {});
    std::fs::remove_dir_all(releases.models()).unwrap();
    copy_tree(&bundle, &releases.models().join("cnn/1.3.0")).unwrap();
    let unloaded = ["cnn@1.0.0 unloaded", "cnn@1.1.0 unloaded", "cnn@1.2.0 unloaded"];
    until(&server, &[unloaded.as_slice(), &["cnn@1.3.0 ready"]].concat()).await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_when_the_server_starts_is_followed_once_it_is() {
    let releases = Releases::new();
    let away = releases.models().with_extension("away");
    std::fs::rename(releases.models(), &away).unwrap();
    let server = releases.serve(&[SOON]).await;
    until(&server, &[]).await;
    std::fs::rename(&away, releases.models()).unwrap();
    until(&server, &["cnn@1.0.0 ready"]).await;
    releases.release("1.1.0", |_, _| {});
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
}

#[tokio::test]
async fn while_there_is_no_folder_every_version_stays() {
    let releases = Releases::new();
    releases.release("1.1.0", |_, _| {});
    let server = releases.serve(&[SOON, ("models.policy", "latest 2")]).await;
    let away = releases.models().with_extension("away");
    std::fs::rename(releases.models(), &away).unwrap();
    std::fs::remove_dir_all(away.join("cnn/1.0.0")).unwrap();
    // Longer than it takes to look.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 ready"]).await;
    std::fs::rename(&away, releases.models()).unwrap();
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
}
