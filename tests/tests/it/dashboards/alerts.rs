//! Alert rules, and the metrics themselves.

use super::prometheus::promtool;
use undertone_telemetry::Metrics;
use undertone_tests::board;

fn passes(arguments: &[&str], input: &str) {
    let Some(output) = promtool(arguments, input) else { return };
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "promtool {arguments:?}: {}", String::from_utf8_lossy(&told));
}

#[test]
fn the_rules_are_understood_by_prometheus() {
    passes(&["check", "rules", "undertone.rules.yml"], "");
}

#[test]
fn every_alert_rings_when_it_has_to_and_else_keeps_quiet() {
    passes(&["test", "rules", "undertone.test.yml"], "");
}

#[test]
fn every_alert_is_tried() {
    let folder = undertone_tests::repository().join("dashboards/alerts");
    let rules = std::fs::read_to_string(folder.join("undertone.rules.yml")).unwrap();
    let tests = std::fs::read_to_string(folder.join("undertone.test.yml")).unwrap();
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 5, "{alerts:?}");
    for alert in alerts {
        for way in ["rings", "keeps quiet"] {
            assert!(tests.contains(&format!("- name: {alert} {way}\n")), "{alert} {way}");
        }
    }
}

/// What is named in `text` like a metric, and is none.
fn unknown_in(text: &str) -> Vec<&str> {
    let metrics = Metrics::new().unwrap();
    let (known, told) = (metrics.descriptions(), metrics.encode().unwrap());
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_known = |name: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
        let mut of_histogram = of_histogram.flat_map(|base| known.iter().find(|metric| metric.name == base));
        known.iter().any(|metric| metric.name == name)
            || of_histogram.any(|metric| metric.kind == "histogram")
            // Those of the process are not described.
            || told.contains(&format!("# TYPE {name} "))
    };
    let named = text.split(|c: char| !is_word(c)).filter(|word| word.starts_with("undertone_"));
    named.filter(|name| !is_known(name)).collect()
}

#[test]
fn the_rules_name_metrics_that_there_are() {
    let folder = undertone_tests::repository().join("dashboards/alerts");
    let rules = std::fs::read_to_string(folder.join("undertone.rules.yml")).unwrap();
    assert_eq!(unknown_in(&rules), [""; 0]);
}

#[test]
fn the_panels_name_metrics_that_there_are() {
    let queries = board::queries().unwrap();
    for query in queries.iter().filter(|query| query.source == "prometheus") {
        // With `or vector(0)` a query shows a number whatever it names.
        assert_eq!(unknown_in(&query.text), [""; 0], "{}", query.place);
    }
    assert_eq!(unknown_in("rate(undertone_record_total[1m]) or vector(0)"), ["undertone_record_total"]);
}

#[tokio::test]
async fn what_a_server_tells_is_in_prometheus_format_and_style() {
    let server = undertone_tests::TestServer::start(&[]).await.unwrap();
    let request = undertone_proto::v1::RecognizeRequest {
        config: None,
        audio: std::fs::read(undertone_tests::shipped_clip()).unwrap().into(),
    };
    server.recognizer().await.unwrap().recognize(request).await.unwrap();
    passes(&["check", "metrics"], &server.get("/metrics").await.unwrap().1);
}
