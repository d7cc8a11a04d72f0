//! Runs a `cnn` against an `lstm` at two servers that share one Postgres, on clips of actors that neither was trained on, and prints what the experiment says. `cargo xtask demo experiment` starts it.
#![forbid(unsafe_code)]

use anyhow::{Context, ensure};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use undertone_proto::v1;
use undertone_tests::{PrivatePostgres, TestServer, corpus, crowd};
use v1::ReportFormat;

/// Clips that a subject says.
const EACH: usize = 5;
/// So many subjects are enough to tell the models apart.
const ENOUGH: usize = 4000;
/// How long answers and judgements may take to get to Postgres once all were given.
const PATIENCE: Duration = Duration::from_secs(900);
const NAME: &str = "cnn-vs-lstm";
/// In TOML, as a person writes it.
const DEFINITION: &str = include_str!("../../../examples/experiments/cnn-vs-lstm.toml");

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let subjects: usize =
        arguments.next().map_or(Ok(ENOUGH), |text| text.parse()).context("give a number of subjects")?;
    let page = arguments.next().map(PathBuf::from);
    let Some(corpus) = corpus() else {
        eprintln!("the demo needs RAVDESS: set UNDERTONE_DATA to the folder that holds it and its index.csv");
        std::process::exit(2);
    };
    let clips = Arc::new(crowd::clips(&corpus, &crowd::UNSEEN_ACTORS)?);
    ensure!(!clips.is_empty(), "the corpus has no clips of the actors {}", crowd::UNSEEN_ACTORS.join(", "));
    let postgres = PrivatePostgres::start();
    let (url, flags) =
        (postgres.url(), [("experiments.shadow_queue", "100000"), ("experiments.shadow_within", "30m")]);
    let models = crowd::unseen_models().to_string_lossy().into_owned();
    let flags: Vec<(&str, &str)> =
        flags.into_iter().chain([("store.url", url.as_str()), ("models.dir", &models)]).collect();
    let servers = [TestServer::start(&flags).await?, TestServer::start(&flags).await?];
    println!("two servers on one Postgres: {} and {}", servers[0].url(), servers[1].url());
    let definition: toml::Table = toml::from_str(DEFINITION)?;
    crowd::start_experiment(&servers, &serde_json::to_string(&definition)?).await?;

    let began = Instant::now();
    let heard = crowd::crowd(&servers, &clips, (subjects, EACH)).await?;
    let arms = crowd::arms(&heard)?;
    println!("{subjects} subjects said {} clips in {:.0} s", heard.len(), began.elapsed().as_secs_f64());
    same_on_both(&servers, &arms).await?;
    println!("all {} subjects had one arm, in their streams and when asked for, on both servers", arms.len());

    let told = crowd::tell_truth(&servers, &heard).await?;
    println!("told the truth about {told} answers, each to the server that had not given it");
    let report = settled(&servers, told).await?;
    let mismatch = report["checks"]["ratio_mismatch"].as_bool();
    ensure!(mismatch == Some(false), "the numbers of units do not fit: {}", report["checks"]);
    println!("\n{}", crowd::report(&servers[1], NAME, ReportFormat::Text).await?);
    if let Some(page) = page {
        std::fs::write(&page, crowd::report(&servers[0], NAME, ReportFormat::Html).await?)?;
        println!("the same as a page: {}", page.display());
    }
    ensure!(subjects < ENOUGH || names_the_better(&report), "nothing is decided: {}", report["decisions"]);
    for server in servers {
        server.stop().await?;
    }
    Ok(())
}

/// What each server says of every subject is what the subject's streams got.
async fn same_on_both(
    servers: &[TestServer; 2],
    arms: &std::collections::BTreeMap<&str, &str>,
) -> anyhow::Result<()> {
    for server in servers {
        let mut client = crowd::experiments(server).await?;
        for (subject, arm) in arms {
            let key = (*subject).to_owned();
            let request = v1::AssignRequest { name: NAME.to_owned(), key, ..Default::default() };
            let assigned = client.assign(request).await?.into_inner();
            ensure!(assigned.arm == *arm, "{subject} got {arm}, and is assigned {}", assigned.arm);
        }
    }
    Ok(())
}

/// The report once all answers, pairs and judgements are in Postgres.
async fn settled(servers: &[TestServer; 2], told: usize) -> anyhow::Result<serde_json::Value> {
    let began = Instant::now();
    loop {
        for server in servers {
            crowd::shipped(server).await?;
        }
        let report = crowd::report(&servers[1], NAME, ReportFormat::Json).await?;
        let report: serde_json::Value = serde_json::from_str(&report)?;
        // Every judgement is about a live answer and the shadow's about the same audio.
        let judged = report["checks"]["judged_answers"].as_u64().unwrap_or(0);
        if judged >= 2 * told as u64 {
            return Ok(report);
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "of {} judged answers {judged} are there after {} s",
            2 * told,
            PATIENCE.as_secs()
        );
    }
}

/// The report says which model is right more often, with an interval, and that this is enough.
fn names_the_better(report: &serde_json::Value) -> bool {
    let mut decisions =
        report["decisions"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    decisions.any(|own| {
        own.starts_with("cnn is right on") && own.contains("interval") && own.ends_with("stop: yes")
    })
}
