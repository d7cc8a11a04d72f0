//! What was done by hand, after the server was started again.

use super::{Releases, load_named, roll_back, states, unload, versions};
use undertone_tests::TestServer;

/// Stops a server, and starts one over the same folders.
async fn again(server: TestServer, releases: &Releases) -> TestServer {
    let (data, models) = (server.stop().await.unwrap(), releases.models());
    let flags = [("models.dir", models.to_str().unwrap())];
    TestServer::start_in(data, &flags).await.unwrap()
}

#[tokio::test]
async fn a_rollback_holds_after_a_restart_until_somebody_asks_for_the_version() {
    let releases = Releases::new();
    releases.release("1.1.0", |_, _| {});
    let server = releases.server(&[]).await;
    assert_eq!(states(&server).await, ["cnn@1.1.0 ready"]);
    roll_back(&server, "cnn").await.unwrap();

    let server = again(server, &releases).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready", "cnn@1.1.0 unloaded"]);
    assert_eq!(versions(&server).await[1].reason, "it was rolled back");

    load_named(&server, "cnn@1.1.0").await.unwrap();
    let server = again(server, &releases).await;
    assert_eq!(states(&server).await, ["cnn@1.1.0 ready"], "it was asked for");
}

#[tokio::test]
async fn what_was_unloaded_stays_unloaded_after_a_restart() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    unload(&server, "cnn").await.unwrap();
    let server = again(server, &releases).await;
    assert_eq!(states(&server).await, ["cnn@1.0.0 unloaded"]);
    assert_eq!(versions(&server).await[0].reason, "it was unloaded by hand");
    assert!(server.get("/readyz").await.unwrap().0.contains("503"));
    load_named(&server, "cnn").await.unwrap();
    assert_eq!(states(&server).await, ["cnn@1.0.0 ready"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_is_made_and_said() {
    let releases = Releases::new();
    releases.release("1.1.0", |_, _| {});
    let server = releases.server(&[]).await;
    std::fs::create_dir(server.data_dir().join("models.unfinished")).unwrap();
    let withdrawn = roll_back(&server, "cnn").await.unwrap().withdrawn.unwrap();
    assert!(withdrawn.reason.starts_with("it was rolled back, until a restart: "), "{}", withdrawn.reason);
    assert_eq!(states(&server).await[0], "cnn@1.0.0 ready");
}
