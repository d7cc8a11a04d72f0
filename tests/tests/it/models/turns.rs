//! Loads take turns.

use super::{load_from, states};
use crate::isolation_site::IsolationSite;
use std::sync::Arc;
use undertone_tests::TestServer;

/// Versions that are being loaded now.
async fn loading(server: &TestServer) -> usize {
    states(server).await.iter().filter(|state| state.ends_with(" loading")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_versions_are_loaded_at_a_time_as_may_be_and_the_next_one_waits_for_its_turn() {
    let site = IsolationSite::new(&["good"]);
    let flags = [
        ("models.watch", "false"),
        ("models.max_loads", "2"),
        ("models.load_within", "5s"),
        // What hangs is ended after its load was refused, and would be refused for that otherwise.
        ("plugins.process.start_within", "8s"),
        ("models.policy", "latest 5"),
    ];
    let server = Arc::new(site.start(&flags).await);
    let load = |bundle: std::path::PathBuf| {
        let server = server.clone();
        tokio::spawn(async move { load_from(&server, &bundle).await })
    };
    let hanging = ["2.0.0", "3.0.0"].map(|version| load(site.beside(version, "hang-at-open")));
    while loading(&server).await < 2 {
        tokio::task::yield_now().await;
    }
    let next = load(site.beside("4.0.0", "good"));
    let mut most = 0;
    while !next.is_finished() {
        most = most.max(loading(&server).await);
    }
    next.await.unwrap().expect("it has its turn when one of the others is refused");
    assert_eq!(most, 2);
    let told = states(&server).await;
    assert!(told.iter().any(|state| state.ends_with(" refused")), "it did not wait: {told:?}");
    for load in hanging {
        assert_eq!(load.await.unwrap().expect_err("it hangs").code(), tonic::Code::Unavailable);
    }
}
