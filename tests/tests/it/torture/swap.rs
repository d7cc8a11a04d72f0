//! Hot swaps under load: every stream is answered by the version that was announced to it, none fails, and nothing is left of
//! the versions that went.

use super::{is_long, scaled};
use crate::models::{Releases, Speaker};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
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
/// The process, at rest, may need so much more for each swap after them. What one version takes is some 8 MB, and memory comes
/// in pieces of some MB, so that few swaps tell less.
fn spare_bytes_a_swap() -> f64 {
    if is_long() { 50e3 } else { 1.6e6 }
}

/// Swaps between two times at which everybody is silent, and memory is read.
fn swaps_between_rests() -> usize {
    scaled(WARM, 30)
}

/// Bytes more with every swap: the median of the slopes between all pairs of readings (Theil 1950), which no single reading that
/// fell between two pieces of memory can move far.
fn bytes_more_a_swap(readings: &[(usize, f64)]) -> f64 {
    let pairs = readings.iter().enumerate().flat_map(|(index, early)| {
        readings[index + 1..].iter().map(move |late| (late.1 - early.1) / (late.0 - early.0) as f64)
    });
    let mut slopes: Vec<f64> = pairs.collect();
    slopes.sort_by(f64::total_cmp);
    slopes[slopes.len() / 2]
}

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

/// What speakers share.
struct Stage {
    server: TestServer,
    /// What the first version says.
    usual: Vec<v1::Result>,
    /// Streams by the version that was announced to them.
    heard: Mutex<BTreeMap<String, usize>>,
}

impl Stage {
    /// Opens stream after stream. The answers of each are its version's.
    async fn speak_until(self: Arc<Self>, over: Arc<AtomicBool>) {
        while !over.load(Ordering::Acquire) {
            let speaker = Speaker::open(&self.server, "cnn").await;
            let announced = speaker.announced.clone();
            // Known before the stream ends, so that a swap need not wait for that.
            *self.heard.lock().unwrap().entry(announced.clone()).or_default() += 1;
            assert_answers_are_of(&announced, &speaker.finish().await, &self.usual);
        }
    }

    /// Swaps to one version after the other while people speak, until all are silent and old versions are gone; gives the memory
    /// that the process has then.
    async fn swap_under_load(self: &Arc<Self>, releases: &Releases, swaps: RangeInclusive<usize>) -> f64 {
        let over = Arc::new(AtomicBool::new(false));
        let speakers: Vec<_> =
            (0..scaled(3, 6)).map(|_| tokio::spawn(self.clone().speak_until(over.clone()))).collect();
        for swap in swaps {
            swap_to(&self.server, releases, swap).await;
            let announced = format!("cnn@{}", version_of(swap));
            while !self.heard.lock().unwrap().contains_key(&announced) {
                assert!(speakers.iter().all(|speaker| !speaker.is_finished()), "no stream fails");
                tokio::task::yield_now().await;
            }
        }
        over.store(true, Ordering::Release);
        for speaker in speakers {
            speaker.await.expect("no stream fails");
        }
        while metric(&self.server, "undertone_model_versions{state=\"draining\"}").await > 0.0 {
            tokio::task::yield_now().await;
        }
        memory_bytes(&self.server).await
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
fn assert_answers_are_of(version: &str, finals: &[v1::Result], usual: &[v1::Result]) {
    let swap: usize = version.split('.').nth(1).unwrap().parse().unwrap();
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
    let swaps = scaled(20, 310);
    let releases = Releases::new();
    std::fs::remove_dir_all(releases.models().join("cnn/1.0.0")).unwrap();
    releases.release(&version_of(0), |manifest, _| manifest.calibration.temperature = temperature_of(0));
    let server = releases.server(&[]).await;
    let usual = Speaker::open(&server, "cnn").await.finish().await;
    let stage = Arc::new(Stage { server, usual, heard: Mutex::default() });

    let mut readings = vec![(WARM, stage.swap_under_load(&releases, 1..=WARM).await)];
    for before in (WARM..swaps).step_by(swaps_between_rests()) {
        let until = before + swaps_between_rests();
        readings.push((until, stage.swap_under_load(&releases, before + 1..=until).await));
    }
    let grown = bytes_more_a_swap(&readings);
    let told: Vec<_> =
        readings.iter().map(|(swap, bytes)| format!("{:.1} MB after {swap}", bytes / 1e6)).collect();
    println!("{swaps} swaps; memory at rest: {}; {grown:.0} bytes more a swap", told.join(", "));
    assert!(grown < spare_bytes_a_swap(), "{grown} bytes more with every swap");
    assert_eq!(metric(&stage.server, "undertone_model_versions{state=\"ready\"}").await, 1.0);
    assert_eq!(metric(&stage.server, "undertone_model_swaps_total").await, swaps as f64);
    let heard = stage.heard.lock().unwrap();
    assert_eq!(heard.keys().filter(|version| **version != "cnn@1.0.0").count(), swaps, "each took a stream");
}
