//! One JSON object per run.

use super::latency::{Latency, Quantiles};
use super::load::Figures;
use super::plan::Showing;
use super::report::Report;
use serde_json::{Map, Value, json};

/// `server, protocol, model, clips, pace, p99_below_ms, largest_streams, loads`; `largest_streams` is null when no load kept within the
/// bound, and `speed` when there was no clock. Latencies of updates and finals count from the arrival of the last
/// sample that they needed; `server_ms` is what the server itself says about its stages.
pub(super) fn object(report: &Report) -> Value {
    let pace = report.load.pace;
    json!({
        "server": report.load.server.to_string(),
        "protocol": "undertone.v1",
        "model": { "name": report.model.name, "version": report.model.version },
        "clips": { "sent": report.clips.0, "found": report.clips.1 },
        "pace": {
            "speed": pace.speed,
            "piece_ms": pace.piece.as_secs_f64() * 1e3,
            "hop_ms": hop_ms(report),
            "warm_up_s": pace.warm_up.as_secs_f64(),
            "duration_s": pace.duration.as_secs_f64(),
            "streams_per_connection": report.load.streams_per_connection,
        },
        "p99_below_ms": report.bound_ms(),
        "largest_streams": report.found.largest,
        "loads": report.found.loads.iter().map(|figures| load(figures, report)).collect::<Vec<_>>(),
    })
}

fn load(figures: &Figures, report: &Report) -> Value {
    let tally = &figures.tally;
    let failed: Map<String, Value> = tally
        .failed
        .iter()
        .map(|(code, (count, message))| ((*code).to_owned(), json!({ "streams": count, "first": message })))
        .collect();
    let heard = undertone_core::PIPELINE_RATE.seconds_of(tally.samples_heard);
    json!({
        "streams": figures.streams,
        "within_bound": figures.keep_within(report.bound),
        "cut_short": figures.cut_short,
        "seconds": figures.seconds,
        "messages_sent": figures.pieces_sent,
        "messages_held_up": figures.pieces_held_up,
        "audio_seconds_sent": figures.audio_seconds_sent,
        "audio_seconds_heard": heard,
        "audio_seconds_per_second": heard / figures.seconds,
        "streams_ended": tally.ended,
        "streams_refused": tally.refused,
        "streams_failed": tally.failures(),
        "failures": failed,
        "updates": tally.updates,
        "updates_dropped": tally.updates_dropped,
        "finals": tally.finals,
        "update_latency_ms": quantiles(&tally.update_latency),
        "final_latency_ms": quantiles(&tally.final_latency),
        "server_ms": {
            "queue": quantiles(&tally.queue),
            "features": quantiles(&tally.features),
            "inference": quantiles(&tally.inference),
        },
    })
}

/// Null where nothing was measured.
pub(super) fn quantiles(latency: &Latency) -> Value {
    if latency.count() == 0 {
        return Value::Null;
    }
    let Quantiles { count, mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, max_ms } = latency.quantiles();
    json!({
        "count": count, "mean": mean_ms, "p50": p50_ms, "p90": p90_ms, "p95": p95_ms, "p99": p99_ms,
        "p999": p999_ms, "max": max_ms,
    })
}

fn hop_ms(report: &Report) -> f64 {
    crate::report::seconds(report.load.config.interim_hop.as_ref()) * 1e3
}
