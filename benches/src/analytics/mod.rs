//! The questions of dashboards on a Postgres with a long history of answers.

mod measured;
mod questions;

use crate::serving::{ServerProcess, ServerSettings};
use crate::{Aim, Options, Report, Run};
use anyhow::Result;
use measured::Measured;
use questions::Questions;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use undertone_client::{Client, Connection};
use undertone_core::{Clock, SystemClock};
use undertone_store::{ExperimentStore, Journal, JournalOptions, PostgresUrl};
use undertone_tests::{HISTORY_EXPERIMENT, History, Planned, PrivatePostgres, board};

/// Answers; fewer for a first look.
const ANSWERS: [u64; 2] = [10_000_000, 300_000];
const DAYS: u32 = 30;
/// Times that a question is put.
const REPEATS: [u32; 2] = [20, 5];
/// What a dashboard shows: a day by the hour, a month by the day.
const SPANS: [(&str, u64); 2] = [("day", 86_400), ("month", 30 * 86_400)];
const WORK: &str = "answers over 30 days of 50,000 people of two tenants, in calls of 20 utterances on average, a tenth of them in an experiment where \
                    another model listens along, one in fifty judged; loaded by the shipper's own merge into a PostgreSQL with its default \
                    settings but fsync; every question of undertone.v1.Analytics over an hour, a day and a month, put to a server over gRPC as \
                    the console puts them (those of a tenant, for which a key is needed, to the store: emotions and latency), and every SQL panel \
                    of the dashboards over a day and a month, put in turns; p50 and p95 of each; p95_ms and p50_ms are those of the slowest question";

/// 50th and 95th percentile of every question of analytics and dashboards (`p95_ms`: that of the slowest), and bytes per answer.
pub fn measure_analytics(options: &Options, answers: Option<u64>) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let answers = answers.unwrap_or(ANSWERS[usize::from(options.quick)]);
    let (run, [slowest, refused]) = runtime.block_on(measure(options, answers))?;
    let aims = [("p95_ms", Aim::AtMost(300.0)), ("questions_that_read_all_answers", Aim::AtMost(0.0))];
    let report = Report::new("analytics", aims, vec![run]).with_headline("bytes_per_row");
    Ok(report.about("work", WORK).about("slowest", slowest).about("refused for their size", refused))
}

async fn measure(options: &Options, answers: u64) -> Result<(Run, [String; 2])> {
    let postgres = PrivatePostgres::start();
    let url: PostgresUrl = postgres.url().parse()?;
    let folder = TempDir::new()?;
    let journal = Journal::open(folder.path(), JournalOptions::default()).await?;
    let experiments = ExperimentStore::open(folder.path(), Some(url.clone())).await?;
    let begun = Instant::now();
    let history = History { answers, days: DAYS, until: SystemClock.now() };
    let told = |loaded| tell_progress(loaded, answers, begun.elapsed());
    let loaded = history.load(&url, &experiments, told).await?;
    let load = begun.elapsed();
    let mut planned = Planned::connect(&postgres).await?;
    planned.settle().await?;

    let mut measured = Measured::default();
    let over = [format!("store.url={}", postgres.url()), "recording.subject_key=plain".to_owned()];
    let server = ServerProcess::start(
        options,
        ServerSettings { set: &over.each_ref().map(String::as_str), ..ServerSettings::default() },
    )?;
    let client = Client::connect(Connection::new(server.url())).await?;
    let questions = Questions::of(client, &url, history.until);
    for round in 0..REPEATS[usize::from(options.quick)] {
        questions.ask(round, &mut measured).await?;
        ask_panels(&mut planned, &mut measured).await?;
    }
    let mut scans = questions.scans(&mut planned).await?;
    scans.extend(panel_scans(&mut planned).await?);
    for scan in &scans {
        eprintln!("reads answers from end to end: {scan}");
    }
    experiments.close().await;
    journal.close().await;

    let per_row = |bytes: u64| bytes as f64 / loaded as f64;
    let mut rollups = 0;
    for table in ["rollups", "rollup_bins"] {
        rollups += planned.bytes(table).await?;
    }
    let refused = measured.refused();
    let (mut run, slowest) = measured.figures();
    run.extend([
        ("rows", loaded as f64),
        ("rows_loaded_per_second", loaded as f64 / load.as_secs_f64()),
        ("bytes_per_row", per_row(planned.bytes("predictions").await?)),
        ("stream_bytes_per_row", per_row(planned.bytes("streams").await?)),
        ("rollup_bytes_per_row", per_row(rollups)),
        ("questions_that_read_all_answers", scans.len() as f64),
    ]);
    Ok((run, [slowest, refused]))
}

async fn ask_panels(planned: &mut Planned, measured: &mut Measured) -> Result<()> {
    for (place, statement) in panels()? {
        measured.add(&place, planned.time(&statement).await?);
    }
    Ok(())
}

async fn panel_scans(planned: &mut Planned) -> Result<Vec<String>> {
    let mut scans = Vec::new();
    for (place, statement) in panels()? {
        let plan = planned.plan(&statement).await?;
        let whole = planned.read_whole(&plan).await?;
        if !whole.is_empty() {
            scans.push(format!("{place}: {}\n{plan}", whole.join(", ")));
        }
    }
    Ok(scans)
}

/// Every SQL panel over every span, with its name.
fn panels() -> Result<Vec<(String, String)>> {
    let mut panels = Vec::new();
    for query in board::queries()?.iter().filter(|query| query.source.contains("postgresql")) {
        for (span, seconds) in SPANS {
            let statement = board::filled_in(&query.text, seconds, HISTORY_EXPERIMENT);
            panels.push((format!("{} over a {span}", query.place), statement));
        }
    }
    Ok(panels)
}

/// Now and then.
fn tell_progress(loaded: u64, answers: u64, elapsed: Duration) {
    if loaded / 300_000 != loaded.saturating_sub(30_000) / 300_000 {
        eprintln!("{loaded} of {answers} answers in {} s", elapsed.as_secs());
    }
}
