//! The same graph behind other servers of the Open Inference Protocol.

mod client;
mod graph;
mod peer;

use crate::serving::{Generator, ServerProcess, ServerSettings};
use crate::{Aim, Options, Report, Run};
use anyhow::{Context, Result, ensure};
use client::{Client, Probe};
use graph::SharedGraph;
use peer::{Peer, PeerProcess};
use serde_json::Value;
use std::path::Path;
use std::thread;

/// More than enough for a first look.
const RUNS: [usize; 2] = [5, 3];
/// How long each load is measured.
const DURATION: [&str; 2] = ["10s", "5s"];
const WARM_UP: &str = "2s";
const BOUND: &str = "50ms";
/// An utterance of three seconds.
const FRAMES: usize = 300;
/// The model of ours, and what the scripts of the peers call theirs.
const MODEL: &str = "cnn";
const PEER_MODEL: &str = "whole";
/// The server under load has the first core to itself, everything else the second one.
const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
const ONE_WORKER: [&str; 1] = ["engine.workers=1"];
/// A search begins here where nothing better is known.
const FIRST_RATE: f64 = 40.0;
/// All servers are asked for this share of what the weakest carries.
const EQUAL_SHARE: f64 = 0.8;
const WORK: &str = "ModelInfer about one tensor [1, 300, 64] of 32-bit floats in raw contents, evenly spaced over 8 \
                    connections; the largest rate of which 99 of 100 answers come within 50 ms of when the request was \
                    due, and nothing is refused or lost; the server on one core, the generator on another, ONNX Runtime \
                    with one thread everywhere";

/// The names of a server's figures.
struct Names {
    rate: &'static str,
    p99: &'static str,
    equal_p99: &'static str,
}

const OURS: Names = Names {
    rate: "undertone_largest_rate",
    p99: "undertone_p99_ms",
    equal_p99: "undertone_p99_ms_at_equal_rate",
};

const PEERS: [(Peer, &str, Names); 2] = [
    (
        Peer { name: "mlserver", package: "mlserver" },
        "vs_mlserver",
        Names {
            rate: "mlserver_largest_rate",
            p99: "mlserver_p99_ms",
            equal_p99: "mlserver_p99_ms_at_equal_rate",
        },
    ),
    (
        Peer { name: "pytriton", package: "nvidia-pytriton" },
        "vs_pytriton",
        Names {
            rate: "pytriton_largest_rate",
            p99: "pytriton_p99_ms",
            equal_p99: "pytriton_p99_ms_at_equal_rate",
        },
    ),
];

/// The largest request rate that Undertone answers within the bound, divided by that of each peer with the same graph
/// (`vs_*`); and the 99th percentile of each at a rate that all of them carry (`*_at_equal_rate`). `environments` holds a
/// virtual environment for each peer. Before anything is measured, all servers must say the same about the same tensor.
pub fn measure_peers(options: &Options, environments: &Path) -> Result<Report> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    ensure!(cores > GENERATOR_CORE, "peers needs two cores: one for the server, one for the load generator");
    let contest =
        Contest { options, environments, graph: SharedGraph::of(options, MODEL)?, client: Client::new()? };
    contest.all_say_the_same()?;
    let mut runs: Vec<Run> = Vec::new();
    for _ in 0..RUNS[usize::from(options.quick)] {
        runs.push(contest.run(runs.last())?);
    }
    let aims = PEERS.map(|(_, ratio, _)| (ratio, Aim::AtLeast(2.0)));
    let mut report = Report::new("peers", aims, runs);
    report = report.about("graph", contest.graph.model.clone()).about("work", WORK);
    for (peer, ..) in PEERS {
        report = report.against(peer.name, peer.versions(environments)?);
    }
    Ok(report)
}

struct Contest<'c> {
    options: &'c Options,
    environments: &'c Path,
    graph: SharedGraph,
    client: Client,
}

/// A server that runs.
enum Running {
    Ours(ServerProcess),
    Theirs(PeerProcess),
}

impl Running {
    fn url(&self) -> &str {
        match self {
            Self::Ours(server) => server.url(),
            Self::Theirs(peer) => peer.url(),
        }
    }

    fn model(&self) -> &'static str {
        match self {
            Self::Ours(_) => MODEL,
            Self::Theirs(_) => PEER_MODEL,
        }
    }
}

impl Contest<'_> {
    fn all_say_the_same(&self) -> Result<()> {
        let values = crate::noise(FRAMES * self.graph.dim);
        let (dim, values) = (self.graph.dim, values.as_slice());
        let ours = Probe { model: MODEL, input: "features", output: "logits", dim, values };
        let (input, output) = (self.graph.input.as_str(), self.graph.output.as_str());
        let theirs = Probe { model: PEER_MODEL, input, output, dim, values };
        let ours = self.client.logits(self.start(None)?.url(), ours)?;
        for (peer, ..) in &PEERS {
            let said = self.client.logits(self.start(Some(*peer))?.url(), theirs)?;
            client::agree(&ours, &said, peer.name)?;
        }
        Ok(())
    }

    /// Every server's largest rate, and then all of them at a rate that the weakest carries.
    fn run(&self, before: Option<&Run>) -> Result<Run> {
        let mut figures = Run::new();
        let servers =
            [(None, &OURS)].into_iter().chain(PEERS.iter().map(|(peer, _, names)| (Some(*peer), names)));
        let servers: Vec<(Option<Peer>, &Names)> = servers.collect();
        for (peer, names) in &servers {
            let from = before.map_or(FIRST_RATE, |run| run[names.rate]);
            let report = self.load(*peer, &["--search", "--rate", &whole(from)])?;
            let rate = report["largest_rate"].as_f64();
            let rate = rate.with_context(|| format!("{} kept within the bound at no rate", names.rate))?;
            eprintln!("{}: {rate}", names.rate);
            figures.extend([(names.rate, rate), (names.p99, p99_at(&report, rate)?)]);
        }
        let weakest = servers.iter().map(|(_, names)| figures[names.rate]).fold(f64::INFINITY, f64::min);
        let equal = (weakest * EQUAL_SHARE).floor().max(1.0);
        figures.insert("equal_rate", equal);
        for (peer, names) in &servers {
            let report = self.load(*peer, &["--rate", &whole(equal)])?;
            figures.insert(names.equal_p99, p99_at(&report, equal)?);
        }
        for (_, ratio, names) in &PEERS {
            figures.insert(ratio, figures[OURS.rate] / figures[names.rate]);
        }
        Ok(figures)
    }

    /// A load on a fresh server, which has nothing left over from another one.
    fn load(&self, peer: Option<Peer>, arguments: &[&str]) -> Result<Value> {
        let server = self.start(peer)?;
        let duration = DURATION[usize::from(self.options.quick)];
        let shape = format!("1,{FRAMES},{}", self.graph.dim);
        let mut all = vec!["--protocol", "open-inference", "--shape", &shape, "--p99-below", BOUND];
        all.extend(["--warm-up", WARM_UP, "--duration", duration]);
        all.extend(arguments);
        let generator = Generator { model: server.model(), core: Some(GENERATOR_CORE), arguments: &all };
        generator.run(self.options, server.url())
    }

    fn start(&self, peer: Option<Peer>) -> Result<Running> {
        let Some(peer) = peer else {
            let settings = ServerSettings { core: Some(SERVER_CORE), set: &ONE_WORKER };
            return Ok(Running::Ours(ServerProcess::start(self.options, settings)?));
        };
        let is_ready = |url: &str| self.client.is_ready(url, PEER_MODEL);
        Ok(Running::Theirs(peer.start(self.environments, &self.graph, SERVER_CORE, is_ready)?))
    }
}

fn whole(rate: f64) -> String {
    format!("{}", rate.max(1.0) as u64)
}

fn p99_at(report: &Value, rate: f64) -> Result<f64> {
    let loads = report["loads"].as_array().context("the report holds loads")?;
    // The last one counts: a search may try a rate again.
    let load =
        loads.iter().rev().find(|load| load["rate"].as_f64() == Some(rate)).context("the load is there")?;
    Ok(load["latency_ms"]["p99"].as_f64().unwrap_or(f64::NAN))
}
