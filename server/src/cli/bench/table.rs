//! A run as a table for a person.

use super::load::Figures;
use super::report::Report;
use std::fmt::Write;
use undertone_core::PIPELINE_RATE;

/// What was sent and heard, and with a clock one row of latencies per load.
pub(super) fn render(report: &Report) -> String {
    let mut text = heading(report);
    let with_clock = report.load.pace.speed.is_some();
    if with_clock {
        latencies(report, &mut text);
    }
    for figures in report.found.by_size() {
        text.push_str(&sent_and_heard(figures));
    }
    if let Some(largest) = report.found.largest.filter(|_| with_clock) {
        let bound = report.bound_ms();
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "\nMost streams of which 99 of 100 updates came within {bound:.0} ms: {largest}");
    }
    text
}

fn latencies(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "\n{:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}",
        "streams", "updates", "mean", "p50", "p90", "p99", "max", "queue", "features", "inference"
    );
    let _ = writeln!(text, "{:>62} {:>29}", "ms from the last sample needed", "p99 in the server, ms");
    for figures in report.found.by_size() {
        let _ = writeln!(text, "{}", row(figures));
    }
}

fn heading(report: &Report) -> String {
    let pace = report.load.pace;
    let speed = pace.speed.map_or("as fast as accepted".to_owned(), |speed| format!("{speed} x real time"));
    let (sent, found) = report.clips;
    let clips = match (sent, found) {
        (1, 1) => "1 clip".to_owned(),
        (sent, found) if sent == found => format!("{sent} clips"),
        (sent, found) => format!("{sent} of {found} clips"),
    };
    format!(
        "{} · {} {} · {clips} · {speed} · {} ms per message\n",
        report.load.server,
        report.model.name,
        report.model.version,
        pace.piece.as_millis()
    )
}

fn row(figures: &Figures) -> String {
    let tally = &figures.tally;
    let own = tally.update_latency.quantiles();
    let [queue, features, inference] =
        [&tally.queue, &tally.features, &tally.inference].map(|stage| stage.quantiles().p99_ms);
    format!(
        "{:>8} {:>9} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {queue:>9.1} {features:>9.1} {inference:>9.1}",
        figures.streams, tally.updates, own.mean_ms, own.p50_ms, own.p90_ms, own.p99_ms, own.max_ms
    )
}

/// What was sent and heard, and how much of each kind was lost.
fn sent_and_heard(figures: &Figures) -> String {
    let tally = &figures.tally;
    let heard = PIPELINE_RATE.seconds_of(tally.samples_heard);
    let mut text = format!(
        "\n{} streams: {:.1} s of audio sent, {heard:.1} s heard ({:.1} s per second); {} updates, {} finals",
        figures.streams,
        figures.audio_seconds_sent,
        heard / figures.seconds,
        tally.updates,
        tally.finals
    );
    let mut loss = |count: u64, what: &str| {
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    };
    loss(tally.refused, "streams refused");
    loss(tally.updates_dropped, "updates dropped");
    loss(figures.pieces_held_up, "messages left late");
    for (code, (count, message)) in &tally.failed {
        let _ = write!(text, "; {count} streams failed with {code} ({message})");
    }
    text.push('\n');
    text
}
