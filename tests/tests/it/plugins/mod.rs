//! Plugins and the contract: who keeps it, who breaks it, and how an author comes to one.

mod author;
mod broken;
mod isolated;
mod kept;
mod served;
mod watched;

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use undertone_bundle::{Bundle, Manifest};
use undertone_tests::{repository, stage};

/// The program with `arguments`.
fn undertone(arguments: &[&OsStr]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(arguments).env("NO_COLOR", "1").env("ORT_DISABLE_TELEMETRY", "1");
    command.output().unwrap()
}

/// Seconds that a case may take: it is not about speed, and the machine may have other things to do.
const PATIENCE: &str = "240";

/// What `undertone plugin check --json` says about a library.
struct Report {
    success: bool,
    object: Value,
}

impl Report {
    fn of(library: &Path, more: &[&OsStr]) -> Self {
        Self::within(PATIENCE, library, more)
    }

    /// Cases that have not ended after `seconds` count as hung.
    fn within(seconds: &str, library: &Path, more: &[&OsStr]) -> Self {
        let begin = ["plugin".as_ref(), "check".as_ref(), library.as_os_str(), "--json".as_ref()];
        let limit = ["--time-limit".as_ref(), seconds.as_ref()];
        let output = undertone(&[&begin[..], &limit, more].concat());
        let object = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        Self { success: output.status.success(), object }
    }

    fn cases(&self) -> &Vec<Value> {
        self.object["cases"].as_array().unwrap()
    }

    /// The names of the cases that ended with `outcome`.
    fn with(&self, outcome: &str) -> Vec<&str> {
        let ended = self.cases().iter().filter(|case| case["outcome"] == outcome);
        ended.map(|case| case["name"].as_str().unwrap()).collect()
    }

    /// Every case passed or was skipped, and of `topics` none was skipped, but for the cases in `but`.
    fn assert_kept(&self, topics: &[&str], but: &[&str]) {
        assert!(self.success, "{:#}", self.object);
        let skipped = self.cases().iter().filter(|case| case["outcome"] == "skipped");
        let wrongly: Vec<_> = skipped
            .filter(|case| topics.iter().any(|topic| case["topic"] == *topic))
            .filter(|case| but.iter().all(|name| case["name"] != *name))
            .collect();
        assert!(wrongly.is_empty(), "{wrongly:#?}");
    }
}

/// The bundle of the example in Rust.
fn example_bundle() -> PathBuf {
    repository().join("examples/linear/bundle")
}

/// Writes the example's bundle to `dir`, changed, with `graph` in place of its weights.
fn write_changed(dir: &Path, graph: &str, change: impl FnOnce(&mut Manifest)) {
    let mut manifest = Bundle::open(&example_bundle()).unwrap().manifest().clone();
    change(&mut manifest);
    let files: [(&str, &[u8]); 2] = [("weights.json", graph.as_bytes()), ("card.md", b"# Changed\n")];
    Bundle::write(dir, manifest, &files).unwrap();
}
