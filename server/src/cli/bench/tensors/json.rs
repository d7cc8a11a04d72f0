//! One JSON object per run.

use super::load::Figures;
use super::report::Report;
use crate::cli::bench::json::quantiles;
use crate::cli::bench::plan::Showing;
use serde_json::{Map, Value, json};

/// `server, protocol, model, request, pace, p99_below_ms, largest_rate, loads`; `largest_rate` is null when no load kept within
/// the bound. Latencies count from when a request was due.
pub(super) fn object(report: &Report) -> Value {
    let (load, question) = (&report.load, &report.load.question);
    json!({
        "server": load.server.to_string(),
        "protocol": "inference.v2",
        "model": {
            "name": question.request.model_name,
            "version": question.request.model_version,
        },
        "request": {
            "input": question.input,
            "shape": question.shape,
            "contents": if question.is_raw { "raw" } else { "typed" },
        },
        "pace": {
            "spacing": "constant",
            "warm_up_s": load.warm_up.as_secs_f64(),
            "duration_s": load.duration.as_secs_f64(),
            "connections": load.connections,
        },
        "p99_below_ms": report.bound.as_secs_f64() * 1e3,
        "largest_rate": report.found.largest,
        "loads": report.found.loads.iter().map(|figures| one(figures, report)).collect::<Vec<_>>(),
    })
}

fn one(figures: &Figures, report: &Report) -> Value {
    let tally = &figures.tally;
    let failed: Map<String, Value> = tally
        .failed
        .iter()
        .map(|(code, (count, message))| ((*code).to_owned(), json!({ "requests": count, "first": message })))
        .collect();
    json!({
        "rate": figures.rate,
        "within_bound": figures.keep_within(report.bound),
        "cut_short": figures.cut_short,
        "seconds": figures.seconds,
        "requests_sent": figures.sent,
        "requests_held_up": figures.held_up,
        "requests_not_sent": tally.not_sent,
        "answers": tally.answered,
        "answers_per_second": tally.answered as f64 / figures.seconds,
        "requests_refused": tally.refused,
        "requests_failed": tally.failures(),
        "failures": failed,
        "latency_ms": quantiles(&tally.latency),
    })
}
