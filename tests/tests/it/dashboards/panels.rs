//! Every panel of every dashboard, on a server that has something to show.

use super::prometheus::Prometheus;
use crate::variant::Variant;
use std::time::Duration;
use undertone_proto::v1;
use undertone_tests::{PrivatePostgres, TestServer, board, float_config, shipped_clip, stream_of};

/// What Grafana puts in place of its variables.
fn filled_in(expression: &str) -> String {
    expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
}

/// Lets both models answer, in one message and in a stream.
async fn load(server: &TestServer) {
    let clip = std::fs::read(shipped_clip()).unwrap();
    let mut client = server.recognizer().await.unwrap();
    for model in ["cnn", "lstm"] {
        let config =
            v1::RecognitionConfig { model: model.into(), interim_results: true, ..Default::default() };
        let request = v1::RecognizeRequest { config: Some(config), audio: clip.clone().into() };
        client.recognize(request).await.unwrap();
        let config = v1::RecognitionConfig { interim_results: true, ..float_config(model) };
        let silence = vec![0; 64_000];
        let asks = tokio_stream::iter(stream_of(config, &silence, &[16_000]));
        let mut replies = client.streaming_recognize(asks).await.unwrap().into_inner();
        while replies.message().await.unwrap().is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_prometheus_panel_shows_something_of_a_server_that_works() {
    // Drift is told soon, and of few answers.
    let models = Variant::profiled();
    let postgres = PrivatePostgres::start();
    let url = postgres.url();
    let flags = [
        ("drift.every", "100ms"),
        ("drift.min_answers", "1"),
        ("models.dir", models.dir()),
        ("store.url", url.as_str()),
    ];
    let server = TestServer::start(&flags).await.unwrap();
    let Some(prometheus) = Prometheus::scrape(&server.http_address().to_string()).await else { return };
    // Rates need a value from before.
    load(&server).await;
    let scraped = async {
        while prometheus.query("undertone_results_total").await["data"]["result"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), scraped).await.expect("the server is scraped");
    load(&server).await;
    let queries = board::queries().unwrap();
    let mut left: Vec<_> = queries.iter().filter(|query| query.source == "prometheus").collect();
    assert!(left.len() > 20);
    let all = async {
        while !left.is_empty() {
            let query = left[0];
            let answer = prometheus.query(&filled_in(&query.text)).await;
            assert_eq!(answer["status"], "success", "{}: {answer}", query.place);
            match shows_a_number(&answer) {
                true => drop(left.remove(0)),
                false => left.rotate_left(1),
            }
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), all).await;
    let places: Vec<_> = left.iter().map(|query| &query.place).collect();
    assert!(in_time.is_ok(), "these show nothing: {places:?}");
}

fn shows_a_number(answer: &serde_json::Value) -> bool {
    let series = answer["data"]["result"].as_array().unwrap();
    series.iter().any(|series| series["value"][1].as_str().is_some_and(|value| value != "NaN"))
}

#[test]
fn dashboards_have_ids_of_their_own_and_panels_that_do_not_overlap() {
    let mut uids = std::collections::BTreeSet::new();
    for file in board::files().unwrap() {
        let board = board::read(&file).unwrap();
        assert!(uids.insert(board["uid"].as_str().unwrap().to_owned()), "{}", file.display());
        let panels = board["panels"].as_array().unwrap();
        let place = |panel: &serde_json::Value, side: &str| panel["gridPos"][side].as_u64().unwrap();
        let mut cells = std::collections::BTreeSet::new();
        let mut ids = std::collections::BTreeSet::new();
        for panel in panels {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}: {}", file.display(), panel["title"]);
            assert!(place(panel, "x") + place(panel, "w") <= 24, "{}", panel["title"]);
            for x in place(panel, "x")..place(panel, "x") + place(panel, "w") {
                for y in place(panel, "y")..place(panel, "y") + place(panel, "h") {
                    assert!(cells.insert((x, y)), "{}: {} overlaps", file.display(), panel["title"]);
                }
            }
        }
    }
}
