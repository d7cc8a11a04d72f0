//! Load, unload and roll back under live streams.

use super::{Releases, Speaker, load_from, load_named, roll_back, spelled, state, states, unload, until};
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use undertone_proto::inference as oip;
use undertone_proto::v1;
use undertone_tests::TestServer;

#[tokio::test]
async fn a_new_version_takes_new_streams_and_the_old_one_goes_when_its_last_stream_ends() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let old = Speaker::open(&server, "cnn").await;
    assert_eq!(old.announced, "cnn@1.0.0");

    releases.release("1.1.0", |_, _| {});
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"], "nobody asked for it yet");
    let loaded = load_named(&server, "cnn").await.unwrap();
    assert_eq!(spelled(&loaded.version.clone().unwrap()), "cnn@1.1.0");
    assert!(loaded.version.unwrap().answers_by_name);
    let draining: Vec<(String, u32)> =
        loaded.draining.iter().map(|version| (spelled(version), version.live_streams)).collect();
    assert_eq!(draining, [("cnn@1.0.0".to_owned(), 1)]);

    let new = Speaker::open(&server, "cnn").await;
    assert_eq!(new.announced, "cnn@1.1.0");
    assert_eq!(states(&server).await, ["cnn@1.0.0 draining", "cnn@1.1.0 ready"]);
    old.finish().await;
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
    new.finish().await;
    let gone = server.recognizer().await.unwrap();
    let refused = open_refused(gone, "cnn@1.0.0").await;
    assert_eq!(refused.code(), Code::NotFound, "{refused}");

    let (_, metrics) = server.get("/metrics").await.unwrap();
    for line in [
        "undertone_model_swaps_total 1",
        "undertone_model_loads_total{outcome=\"ready\"} 1",
        "undertone_model_versions{state=\"ready\"} 1",
        "undertone_model_versions{state=\"unloaded\"} 1",
        "undertone_model_load_seconds_count 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
}

async fn open_refused(
    mut client: v1::recognizer_client::RecognizerClient<tonic::transport::Channel>,
    model: &str,
) -> tonic::Status {
    let asks = undertone_tests::stream_of(undertone_tests::float_config(model), &[0; 64], &[64]);
    client.streaming_recognize(tokio_stream::iter(asks)).await.expect_err("it is not served")
}

#[tokio::test]
async fn in_the_place_of_an_unloaded_version_comes_what_the_policy_keeps_then() {
    let releases = Releases::new();
    for version in ["1.1.0", "1.2.0", "1.3.0"] {
        releases.release(version, |_, _| {});
    }
    let server = releases.server(&[]).await;
    assert_eq!(states(&server).await, ["cnn@1.3.0 ready"]);
    unload(&server, "cnn@1.3.0").await.unwrap();
    until(&server, &["cnn@1.2.0 ready", "cnn@1.3.0 unloaded"]).await;
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.2.0");
    unload(&server, "cnn@1.2.0").await.unwrap();
    until(&server, &["cnn@1.1.0 ready", "cnn@1.2.0 unloaded", "cnn@1.3.0 unloaded"]).await;
    unload(&server, "cnn").await.unwrap();
    until(&server, &["cnn@1.1.0 unloaded", "cnn@1.2.0 unloaded", "cnn@1.3.0 unloaded"]).await;
}

#[tokio::test]
async fn an_unloaded_model_keeps_its_streams_and_takes_no_new_ones() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let live = Speaker::open(&server, "cnn@1.0.0").await;
    let unloaded = unload(&server, "cnn").await.unwrap();
    assert_eq!(unloaded.len(), 1);
    assert_eq!((state(&unloaded[0]), unloaded[0].live_streams), ("draining", 1));
    let refused = open_refused(server.recognizer().await.unwrap(), "cnn").await;
    assert_eq!(refused.code(), Code::NotFound, "{refused}");
    assert!(server.get("/readyz").await.unwrap().0.contains("503"));
    assert!(!live.finish().await.is_empty());
    until(&server, &["cnn@1.0.0 unloaded"]).await;

    let again = unload(&server, "cnn").await.expect_err("it is not served");
    assert_eq!(again.code(), Code::NotFound);
    load_named(&server, "cnn@1.0.0").await.unwrap();
    assert!(server.get("/readyz").await.unwrap().0.contains("200"));
    Speaker::open(&server, "cnn").await.finish().await;
}

#[tokio::test]
async fn a_rollback_goes_to_the_version_before_which_may_still_drain() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let first = Speaker::open(&server, "cnn").await;
    releases.release("1.1.0", |_, _| {});
    load_named(&server, "cnn").await.unwrap();
    let second = Speaker::open(&server, "cnn").await;

    let rolled_back = roll_back(&server, "cnn").await.unwrap();
    assert_eq!(spelled(&rolled_back.version.unwrap()), "cnn@1.0.0");
    let withdrawn = rolled_back.withdrawn.unwrap();
    assert_eq!((spelled(&withdrawn), withdrawn.reason.as_str()), ("cnn@1.1.0".into(), "it was rolled back"));
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready", "cnn@1.1.0 draining"]);
    let third = Speaker::open(&server, "cnn").await;
    assert_eq!((second.announced.as_str(), third.announced.as_str()), ("cnn@1.1.0", "cnn@1.0.0"));
    for stream in [first, second, third] {
        stream.finish().await;
    }
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 unloaded"]).await;
    // One that was freed comes back from its bundle.
    load_named(&server, "cnn@1.1.0").await.unwrap();
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
    roll_back(&server, "cnn").await.unwrap();
    until(&server, &["cnn@1.0.0 ready", "cnn@1.1.0 unloaded"]).await;

    let nothing = roll_back(&server, "cnn").await.expect_err("there is no older version");
    assert_eq!(nothing.code(), Code::FailedPrecondition);
    assert!(nothing.message().contains("no version of cnn before 1.0.0"), "{nothing}");
}

#[tokio::test]
async fn a_version_comes_from_any_folder_of_the_machine() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let loaded = load_from(&server, &releases.make("3.0.0", |_, _| {})).await.unwrap();
    assert_eq!(spelled(&loaded.version.unwrap()), "cnn@3.0.0");
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@3.0.0");
}

#[tokio::test]
async fn a_version_never_means_two_bundles_while_anybody_has_it() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let same = load_from(&server, &releases.make("1.0.0", |_, _| {})).await.unwrap();
    assert!(same.draining.is_empty(), "it is served already");
    let other = releases.beside().join("other");
    std::fs::create_dir(&other).unwrap();
    undertone_tests::copy_tree(&releases.beside().join("1.0.0"), &other.join("1.0.0")).unwrap();
    let path = other.join("1.0.0/bundle.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest.replace("temperature = ", "temperature = 1")).unwrap();
    let refused = load_from(&server, &other.join("1.0.0")).await.expect_err("it is another bundle");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("another cnn@1.0.0 is loaded"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_to_be_controlled_says_so_and_changes_nothing() {
    let releases = Releases::new();
    let server = releases.server(&[("models.remote_control", "false")]).await;
    releases.release("1.1.0", |_, _| {});
    let denied = [
        load_named(&server, "cnn").await.expect_err("denied"),
        unload(&server, "cnn").await.expect_err("denied"),
        roll_back(&server, "cnn").await.expect_err("denied"),
    ];
    assert!(denied.iter().all(|status| status.code() == Code::PermissionDenied), "{denied:?}");
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"]);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_loaded() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    for name in ["oracle", "cnn@9.9.9"] {
        let unknown = load_named(&server, name).await.expect_err("it is not there");
        assert_eq!(unknown.code(), Code::NotFound);
        assert!(unknown.message().contains(name), "{unknown}");
    }
    let relative = load_from(&server, std::path::Path::new("cnn/1.0.0")).await.expect_err("relative");
    assert_eq!(relative.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn health_and_the_open_inference_protocol_see_the_models_that_are_served_now() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    assert_eq!(health(&server, "cnn").await, Some(ServingStatus::Serving));
    assert_eq!(health(&server, "cnn@1.0.0").await, Some(ServingStatus::Serving));
    releases.release("1.1.0", |_, _| {});
    load_named(&server, "cnn").await.unwrap();
    assert!(oip_ready(&server, "1.1.0").await && !oip_ready(&server, "1.0.0").await);
    let metadata = oip::ModelMetadataRequest { name: "cnn".into(), version: String::new() };
    let metadata = server.inference().await.unwrap().model_metadata(metadata).await.unwrap().into_inner();
    assert_eq!(metadata.versions, ["1.1.0"]);
    while health(&server, "cnn@1.0.0").await != Some(ServingStatus::NotServing) {
        tokio::task::yield_now().await;
    }
    assert_eq!(health(&server, "cnn@1.1.0").await, Some(ServingStatus::Serving));
    unload(&server, "cnn").await.unwrap();
    while health(&server, "cnn").await != Some(ServingStatus::NotServing) {
        tokio::task::yield_now().await;
    }
    let service = "undertone.v1.Recognizer";
    while health(&server, service).await != Some(ServingStatus::NotServing) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_repository_calls_of_the_open_inference_protocol_change_the_same_table() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let mut client = server.inference().await.unwrap();
    releases.release("1.1.0", |_, _| {});
    let load = oip::RepositoryModelLoadRequest { model_name: "cnn".into(), ..Default::default() };
    client.repository_model_load(load.clone()).await.unwrap();
    assert_eq!(Speaker::open(&server, "cnn").await.announced, "cnn@1.1.0");
    let request = oip::RepositoryIndexRequest { ready: true, ..Default::default() };
    let index = client.repository_index(request).await.unwrap().into_inner().models;
    let listed: Vec<_> = index.iter().map(|own| (own.version.as_str(), own.state.as_str())).collect();
    assert_eq!(listed, [("1.1.0", "READY")]);

    let unload = oip::RepositoryModelUnloadRequest { model_name: "cnn".into(), ..Default::default() };
    client.repository_model_unload(unload.clone()).await.unwrap();
    assert_eq!(client.repository_model_unload(unload).await.unwrap_err().code(), Code::NotFound);
    let request = oip::RepositoryIndexRequest { ready: true, ..Default::default() };
    assert!(client.repository_index(request).await.unwrap().into_inner().models.is_empty());
    let parameters = [("config".to_owned(), oip::ModelRepositoryParameter::default())].into();
    let odd = oip::RepositoryModelLoadRequest { parameters, ..load };
    assert_eq!(client.repository_model_load(odd).await.unwrap_err().code(), Code::InvalidArgument);
}

async fn health(server: &TestServer, service: &str) -> Option<ServingStatus> {
    let mut health = tonic_health::pb::health_client::HealthClient::new(server.channel().await.unwrap());
    let request = tonic_health::pb::HealthCheckRequest { service: service.into() };
    health.check(request).await.ok().map(|answer| answer.into_inner().status())
}

async fn oip_ready(server: &TestServer, version: &str) -> bool {
    let request = oip::ModelReadyRequest { name: "cnn".into(), version: version.into() };
    server.inference().await.unwrap().model_ready(request).await.unwrap().into_inner().ready
}
