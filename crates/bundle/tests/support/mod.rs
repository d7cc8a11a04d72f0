//! A good bundle, for tests to spoil.

use std::fs;
use std::path::PathBuf;
use undertone_bundle::{
    Bundle, Calibration, Dim, Features, Graph, Graphs, Limits, MANIFEST_FILE, Manifest, Plugin, SCHEMA,
    Tensor, Training,
};

pub(crate) const FILES: &[(&str, &[u8])] =
    &[("whole.onnx", b"graph"), ("card.md", b"# A card"), ("more/notes.txt", b"n")];

fn tensor(name: &str, dims: &[&str], last: u32) -> Tensor {
    let mut dims: Vec<_> = dims.iter().map(|dim| Dim::Named((*dim).to_owned())).collect();
    dims.push(Dim::Fixed(last));
    Tensor { name: name.to_owned(), dims }
}

fn training() -> Training {
    Training {
        dataset: "invented".into(),
        protocol: "one speaker each".into(),
        seed: 7,
        train_speakers: vec!["01".into()],
        validation_speakers: vec!["02".into()],
        test_speakers: vec!["03".into()],
        clips: 12,
        accuracy: 0.5,
        uar: 0.25,
        epochs: 3,
    }
}

pub(crate) fn manifest() -> Manifest {
    let recipe = r#"{"hop": 160, "floor": 1e-10}"#;
    Manifest {
        schema: SCHEMA,
        name: "cnn".into(),
        version: "1.0.0".into(),
        description: "A model for tests".into(),
        licence: "Apache-2.0".into(),
        labels: vec!["happy".into(), "sad".into()],
        plugin: Plugin { classifier: "onnx".into(), extractor: "logmel".into(), abi: "1.0".into() },
        features: Features::from_recipe_json("fingerprint".into(), 3, recipe).expect("an object"),
        graph: Graphs {
            whole: Graph {
                file: "whole.onnx".into(),
                input: tensor("features", &["batch", "time"], 3),
                output: tensor("logits", &["batch"], 2),
            },
            stream: None,
        },
        calibration: Calibration::of_temperature(1.25),
        limits: Limits { min_frames: 8, max_frames: 1_000 },
        training: training(),
        golden: None,
        profile: None,
        files: Default::default(),
    }
}

pub(crate) struct Written {
    pub(crate) folder: tempfile::TempDir,
}

impl Written {
    pub(crate) fn new() -> Self {
        let written = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        Bundle::write(&written.dir(), manifest(), FILES).expect("a good bundle");
        written
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("models/cnn/1.0.0")
    }

    pub(crate) fn edit_manifest(&self, from: &str, to: &str) {
        let path = self.dir().join(MANIFEST_FILE);
        let text = fs::read_to_string(&path).expect("written");
        assert!(text.contains(from), "{from} not in {text}");
        fs::write(&path, text.replacen(from, to, 1)).expect("writable");
    }

    pub(crate) fn refusal(&self) -> String {
        Bundle::open(&self.dir()).expect_err("should be refused").to_string()
    }
}
