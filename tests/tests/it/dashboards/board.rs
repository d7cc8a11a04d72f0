//! Dashboards as Grafana reads them.

use serde_json::Value;
use std::path::PathBuf;

/// One query of a panel.
#[derive(Debug)]
pub(super) struct Query {
    /// Dashboard, panel and letter.
    pub(super) place: String,
    /// What Grafana sends, with its variables in it.
    pub(super) text: String,
    /// What it is sent to: `prometheus` or another.
    pub(super) source: String,
}

/// The files in `dashboards/`.
pub(super) fn files() -> Vec<PathBuf> {
    let folder = undertone_tests::repository().join("dashboards");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    files
}

/// A dashboard.
pub(super) fn read(file: &PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Every query of every panel of every dashboard.
pub(super) fn queries() -> Vec<Query> {
    files().iter().map(read).flat_map(|board| queries_of(&board)).collect()
}

fn queries_of(board: &Value) -> Vec<Query> {
    let mut queries = Vec::new();
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let text = target.get("expr").or_else(|| target.get("rawSql")).and_then(Value::as_str);
            queries.push(Query {
                place: format!("{} / {} / {}", board["title"], panel["title"], target["refId"]),
                text: text.unwrap_or_else(|| panic!("{target} asks for nothing")).to_owned(),
                source: target["datasource"]["type"].as_str().unwrap().to_owned(),
            });
        }
    }
    queries
}
