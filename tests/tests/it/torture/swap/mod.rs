//! Hot swaps under load: every stream is answered by the version that was announced to it, none fails, and nothing is left of
//! the versions that went.

mod slope;

use super::{is_long, scaled};
use crate::models::{Releases, Speaker};
use slope::slope;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use undertone_proto::v1;
use undertone_tests::TestServer;
use v1::load_model_request::Source;

/// Temperatures take turns, so that neighbouring versions give probabilities that differ.
const TEMPERATURES: [f32; 5] = [1.3, 0.5, 2.1, 0.8, 3.4];
/// Swaps until the process has all the memory that it needs.
const WARM: usize = 10;
/// Swaps after which memory is told.
const READ_AFTER: [usize; 4] = [1, 10, 50, 100];
/// The process may need so much more after them: what one version takes twice.
const SPARE_BYTES: f64 = 16e6;
/// In the long form its memory may grow by so much a swap, which is far less than anything of a version that stays.
const SLOPE_BYTES: f64 = 50e3;

fn version_of(swap: usize) -> String {
    format!("1.{swap}.0")
}

fn temperature_of(swap: usize) -> f32 {
    TEMPERATURES[swap % TEMPERATURES.len()]
}

async fn memory_bytes(server: &TestServer) -> f64 {
    metric(server, "undertone_process_resident_memory_bytes").await
}

async fn metric(server: &TestServer, line: &str) -> f64 {
    let (_, metrics) = server.get("/metrics").await.unwrap();
    metrics.lines().find_map(|own| own.strip_prefix(line)?.trim().parse().ok()).unwrap_or(0.0)
}

/// A stream's answers, by the version that was announced to it.
type Heard = Arc<Mutex<BTreeMap<String, Vec<Vec<v1::Result>>>>>;

async fn speak_until(over: Arc<AtomicBool>, server: Arc<TestServer>, heard: Heard) {
    while !over.load(Ordering::Acquire) {
        let speaker = Speaker::open(&server, "cnn").await;
        let announced = speaker.announced.clone();
        // Known before the stream ends, so that a swap need not wait for that.
        heard.lock().unwrap().entry(announced.clone()).or_default();
        let finals = speaker.finish().await;
        heard.lock().unwrap().entry(announced).or_default().push(finals);
    }
}

/// Logits at one temperature give other probabilities at another: `p^(a/b)`, made to sum to 1.
fn at_temperature(probabilities: &[f32], from: f32, to: f32) -> Vec<f32> {
    let powers: Vec<f32> = probabilities.iter().map(|p| p.powf(from / to)).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

fn values(result: &v1::Result) -> Vec<f32> {
    result.probabilities.iter().map(|label| label.probability).collect()
}

fn furthest(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Every answer is the one that its announced version gives, and not the one of another temperature.
fn assert_answers_are_of(version: &str, swap: usize, finals: &[v1::Result], usual: &[v1::Result]) {
    assert_eq!(finals.len(), usual.len(), "{version}");
    for (result, usual) in finals.iter().zip(usual) {
        for temperature in TEMPERATURES {
            let expected = at_temperature(&values(usual), temperature_of(0), temperature);
            let off = furthest(&values(result), &expected);
            let is_own = temperature == temperature_of(swap);
            assert_eq!(off < 1e-3, is_own, "{version} at {temperature}: {off}");
        }
    }
}

async fn swap_to(server: &TestServer, releases: &Releases, swap: usize) {
    let set =
        |manifest: &mut undertone_bundle::Manifest| manifest.calibration.temperature = temperature_of(swap);
    let path = releases.release(&version_of(swap), |manifest, _| set(manifest));
    let source = Some(Source::Path(path.to_str().unwrap().to_owned()));
    server.models().await.unwrap().load_model(v1::LoadModelRequest { source }).await.unwrap();
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaps_under_load_fail_no_stream_mix_no_versions_and_leave_nothing_behind() {
    let (swaps, speakers) = (scaled(20, 100), scaled(3, 6));
    let releases = Releases::new();
    std::fs::remove_dir_all(releases.models().join("cnn/1.0.0")).unwrap();
    releases.release(&version_of(0), |manifest, _| manifest.calibration.temperature = temperature_of(0));
    let server = Arc::new(releases.server(&[]).await);
    let usual = Speaker::open(&server, "cnn").await.finish().await;

    let (over, heard) = (Arc::new(AtomicBool::new(false)), Heard::default());
    let speakers: Vec<_> = (0..speakers)
        .map(|_| tokio::spawn(speak_until(over.clone(), server.clone(), heard.clone())))
        .collect();
    let (mut warm, mut readings, mut points) = (0.0_f64, Vec::new(), Vec::new());
    for swap in 1..=swaps {
        swap_to(&server, &releases, swap).await;
        let announced = format!("cnn@{}", version_of(swap));
        while !heard.lock().unwrap().contains_key(&announced) {
            assert!(speakers.iter().all(|speaker| !speaker.is_finished()), "no stream fails");
            tokio::task::yield_now().await;
        }
        let bytes = memory_bytes(&server).await;
        if swap <= WARM {
            warm = warm.max(bytes);
        } else {
            points.push((swap as f64, bytes));
        }
        if READ_AFTER.contains(&swap) {
            readings.push(format!("{:.1} MB after {swap}", bytes / 1e6));
        }
    }
    over.store(true, Ordering::Release);
    for speaker in speakers {
        speaker.await.expect("no stream fails");
    }
    while metric(&server, "undertone_model_versions{state=\"draining\"}").await > 0.0 {
        tokio::task::yield_now().await;
    }
    let grown = memory_bytes(&server).await - warm;
    let readings = readings.join(", ");
    let slope = slope(&points);
    println!(
        "{swaps} swaps, {readings}; memory grew by {grown} bytes after the first {WARM} swaps, by {slope:.0} a swap"
    );
    assert!(grown < SPARE_BYTES, "{grown} bytes more after {swaps} swaps than after {WARM}");
    assert!(!is_long() || slope < SLOPE_BYTES, "{slope} bytes more with every swap");
    assert_eq!(metric(&server, "undertone_model_versions{state=\"ready\"}").await, 1.0);
    assert_eq!(metric(&server, "undertone_model_swaps_total").await, swaps as f64);

    let heard = heard.lock().unwrap();
    assert_eq!(heard.keys().filter(|version| **version != "cnn@1.0.0").count(), swaps, "each took a stream");
    for (version, streams) in heard.iter() {
        let swap: usize = version.split('.').nth(1).unwrap().parse().unwrap();
        streams.iter().for_each(|finals| assert_answers_are_of(version, swap, finals, &usual));
    }
}
