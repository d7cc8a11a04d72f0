//! The manifest of a bundle.

use crate::Target;
use std::path::Path;
use undertone_bundle::{Bundle, MANIFEST_FILE};

/// A folder with this manifest and the files that good ones list is opened as a bundle, or refused.
pub(crate) const TARGET: Target = Target { name: "manifest", run, corpus, is_understood };

const CARD: &[u8] = b"# Card\n";
const GRAPH: &[u8] = b"graph";

fn run(data: &[u8]) {
    let folder = folder(data);
    if let Err(error) = Bundle::open(folder.path()) {
        assert_eq!(error.to_string().lines().count(), 1, "a refusal is one sentence: {error}");
    }
}

fn is_understood(data: &[u8]) -> bool {
    Bundle::open(folder(data).path()).is_ok()
}

fn folder(manifest: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let write = |file: &str, content: &[u8]| {
        std::fs::write(folder.path().join(file), content).expect("it can be written to");
    };
    write(MANIFEST_FILE, manifest);
    write("card.md", CARD);
    write("whole.onnx", GRAPH);
    folder
}

fn corpus() -> Vec<Vec<u8>> {
    let sum = |content| undertone_bundle::Checksum::of(content).to_string();
    let files = format!("[files]\n\"card.md\" = \"{}\"\n\"whole.onnx\" = \"{}\"\n", sum(CARD), sum(GRAPH));
    let plain = format!("{HEAD}{files}");
    let stream = format!("{HEAD}{STREAM}{files}");
    vec![plain.clone().into_bytes(), stream.into_bytes(), plain.replace('\n', "\r\n").into_bytes()]
}

const HEAD: &str = r#"schema = 1
name = "m"
version = "1.0.0"
description = "For tests"
licence = "Apache-2.0"
labels = ["happy", "sad"]
[plugin]
classifier = "onnx"
extractor = "logmel"
abi = "1.0"
[features]
fingerprint = "f"
dim = 2
recipe = { a = 1, b = [0.5, true] }
[graph.whole]
file = "whole.onnx"
input = { name = "x", dims = ["batch", "time", 2] }
output = { name = "y", dims = ["batch", 2] }
[calibration]
temperature = 1.0
[limits]
min_frames = 1
max_frames = 100
[training]
dataset = "none"
protocol = "none"
seed = 0
train_speakers = ["1"]
validation_speakers = []
test_speakers = ["2"]
clips = 1
accuracy = 0.5
uar = 0.5
epochs = 1
"#;

const STREAM: &str = r#"[graph.stream]
file = "whole.onnx"
step_frames = 2
input = { name = "x", dims = ["batch", "time", 2] }
output = { name = "y", dims = ["batch", 2] }
states = [{ name_in = "s", name_out = "t", shape = [1, 2] }]
"#;

/// A folder with a bundle in it, for archives.
pub(crate) fn bundle() -> (tempfile::TempDir, Bundle) {
    let folder = folder(&corpus()[0]);
    let bundle = Bundle::open(folder.path()).expect("it is a good one");
    (folder, bundle)
}

/// Names of everything below a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it can be read");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
