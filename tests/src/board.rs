//! Dashboards as Grafana reads them.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One query of a panel.
#[derive(Debug)]
pub struct Query {
    /// Dashboard, panel and letter.
    pub place: String,
    /// What Grafana sends, with its variables in it.
    pub text: String,
    /// What it is sent to: `prometheus` or another.
    pub source: String,
}

/// The files in `dashboards/`.
///
/// # Errors
/// When the folder cannot be read.
pub fn files() -> Result<Vec<PathBuf>> {
    let folder = crate::repository().join("dashboards");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A dashboard.
///
/// # Errors
/// When it is no JSON.
pub fn read(file: &Path) -> Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
}

/// Every query of every panel of every dashboard.
///
/// # Errors
/// When a dashboard cannot be read, or a panel asks for nothing.
pub fn queries() -> Result<Vec<Query>> {
    let mut queries = Vec::new();
    for file in files()? {
        let board = read(&file)?;
        for panel in list(&board, "panels")? {
            for target in list(panel, "targets")? {
                let text = target.get("expr").or_else(|| target.get("rawSql")).and_then(Value::as_str);
                let source = target["datasource"]["type"].as_str();
                queries.push(Query {
                    place: format!("{} / {} / {}", board["title"], panel["title"], target["refId"])
                        .replace('"', ""),
                    text: text.with_context(|| format!("{target} asks for nothing"))?.to_owned(),
                    source: source.with_context(|| format!("{target} has no source"))?.to_owned(),
                });
            }
        }
    }
    Ok(queries)
}

fn list<'v>(value: &'v Value, name: &str) -> Result<&'v Vec<Value>> {
    value[name].as_array().with_context(|| format!("{} has no {name}", value["title"]))
}

/// What Grafana puts in place of its macros and variables: a statement about the `seconds` before now.
pub fn filled_in(sql: &str, seconds: u64, experiment: &str) -> String {
    let mut text = sql.replace("$__unixEpochTo()", &seconds.to_string()).replace("$__unixEpochFrom()", "0");
    text = text.replace("$__timeFrom()", &format!("now() - interval '{seconds} seconds'"));
    text = text.replace("$__timeTo()", "now() + interval '1 hour'");
    text = text.replace("($model)", "('cnn', 'lstm')").replace("$experiment", experiment);
    text = text.replace("$tenant", "default");
    while let Some(start) = text.find("$__timeFilter(") {
        let inner = start + "$__timeFilter(".len();
        let end = text[inner..].find(')').map_or(text.len(), |length| inner + length);
        let column = text[inner..end].to_owned();
        let range =
            format!("{column} between now() - interval '{seconds} seconds' and now() + interval '1 hour'");
        text.replace_range(start..(end + 1).min(text.len()), &range);
    }
    text
}
