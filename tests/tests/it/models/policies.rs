//! Which versions are served, as the policy says.

use super::{Releases, Speaker, load_named, roll_back, states, until};
use tonic::Code;
use undertone_tests::ServerProcess;

#[tokio::test]
async fn the_latest_version_in_the_folder_is_served_at_start_and_no_other() {
    let releases = Releases::new();
    releases.release("1.9.0", |_, _| {});
    releases.release("1.10.0", |_, _| {});
    releases.release("2.0.0-rc.1", |_, _| {});
    let server = releases.server(&[]).await;
    assert_eq!(states(&server).await, ["cnn@1.10.0 ready"]);
    let server = releases.server(&[("models.policy", "latest 2")]).await;
    assert_eq!(states(&server).await, ["cnn@1.9.0 ready", "cnn@1.10.0 ready"]);
    let server = releases.server(&[("models.policies.cnn", "pinned 1.0.0 2.0.0-rc.1")]).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready", "cnn@2.0.0-rc.1 ready"]);
    assert_eq!(
        Speaker::open(&server, "cnn").await.announced,
        "cnn@1.0.0",
        "a release goes before a pre-release"
    );
}

#[tokio::test]
async fn where_the_latest_version_is_refused_the_one_before_it_is_served() {
    let releases = Releases::new();
    let broken = releases.release("1.1.0", |_, _| {});
    std::fs::write(broken.join("whole.onnx"), b"no graph").unwrap();
    let server = releases.server(&[]).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready", "cnn@1.1.0 refused"]);
    Speaker::open(&server, "cnn").await.finish().await;
}

#[tokio::test]
async fn as_many_versions_stay_as_the_policy_says() {
    let releases = Releases::new();
    let server = releases.server(&[("models.policies.cnn", "latest 2")]).await;
    for version in ["1.1.0", "1.2.0"] {
        releases.release(version, |_, _| {});
        load_named(&server, "cnn").await.unwrap();
    }
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready", "cnn@1.2.0 ready"]).await;
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.2.0");
    assert_eq!(Speaker::open(&server, "cnn@1.1.0").await.announced, "cnn@1.1.0");
    let too_old = load_named(&server, "cnn@1.0.0").await.expect_err("the policy says otherwise");
    assert_eq!(too_old.code(), Code::FailedPrecondition);
    assert!(too_old.message().contains("the policy of cnn is latest 2"), "{too_old}");
    // Going back needs no load where the version before is ready.
    roll_back(&server, "cnn").await.unwrap();
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.1.0");
}

#[tokio::test]
async fn a_pinned_model_changes_with_its_pins_only() {
    let releases = Releases::new();
    let server = releases.server(&[("models.policies.cnn", "pinned 1.0.0")]).await;
    releases.release("1.1.0", |_, _| {});
    let refused = load_named(&server, "cnn@1.1.0").await.expect_err("it is not pinned");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("pinned 1.0.0"), "{refused}");
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_in_settings_that_fit_nothing_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    let settings = [
        ("log.filter", "warn"),
        ("models.policies.lstm", "pinned 9.9.9"),
        ("plugins.isolation_of.cmn", "process"),
        ("plugins.classifier_of.cnn", "onnx"),
        ("plugins.classifier_of.onxx", "undertone.linear"),
    ];
    ServerProcess::start_with_log(&data, &settings, &log).await.unwrap().kill();
    let told = std::fs::read_to_string(&log).unwrap();
    for name in ["lstm@9.9.9", "cmn", "onxx"] {
        assert_eq!(told.lines().filter(|line| line.contains(name)).count(), 1, "{name}: {told}");
    }
    assert!(!told.contains("cnn"), "a model that is served is no mistake: {told}");
    assert!(told.contains("the folder has no bundle of this version"), "{told}");
}
