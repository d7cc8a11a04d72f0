//! A bundle is opened whole and unchanged, or refused with every reason.

use std::fs;
use std::path::{Path, PathBuf};
use undertone_bundle::{
    Bundle, BundleError, Calibration, Checksum, Dim, Features, Graph, Graphs, Limits, MANIFEST_FILE,
    Manifest, Plugin, SCHEMA, Tensor, Training, discover,
};

const FILES: &[(&str, &[u8])] =
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

fn manifest() -> Manifest {
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
        calibration: Calibration { temperature: 1.25 },
        limits: Limits { min_frames: 8, max_frames: 1_000 },
        training: training(),
        files: Default::default(),
    }
}

struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn new() -> Self {
        let written = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        Bundle::write(&written.dir(), manifest(), FILES).expect("a good bundle");
        written
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("models/cnn/1.0.0")
    }

    fn edit_manifest(&self, from: &str, to: &str) {
        let path = self.dir().join(MANIFEST_FILE);
        let text = fs::read_to_string(&path).expect("written");
        assert!(text.contains(from), "{from} not in {text}");
        fs::write(&path, text.replacen(from, to, 1)).expect("writable");
    }

    fn refusal(&self) -> String {
        Bundle::open(&self.dir()).expect_err("should be refused").to_string()
    }
}

#[test]
fn a_written_bundle_opens_with_what_was_written() {
    let written = Written::new();
    let bundle = Bundle::open(&written.dir()).expect("unchanged");
    let mut expected = manifest();
    expected.files =
        FILES.iter().map(|(path, content)| ((*path).into(), Checksum::of(content).to_string())).collect();
    assert_eq!(bundle.manifest(), &expected);
    assert_eq!(bundle.read_card().expect("listed"), "# A card");
    assert_eq!(bundle.manifest().features.recipe_json(), r#"{"floor":1e-10,"hop":160}"#);
}

#[test]
fn a_version_is_never_written_twice_and_leaves_nothing_half_done() {
    let written = Written::new();
    let again = Bundle::write(&written.dir(), manifest(), FILES);
    assert!(matches!(again, Err(BundleError::Exists { .. })), "{again:?}");
    let parent = written.dir().parent().expect("has one").to_owned();
    assert_eq!(fs::read_dir(parent).expect("there").count(), 1);
}

#[test]
fn a_changed_file_is_refused_by_name() {
    let written = Written::new();
    fs::write(written.dir().join("whole.onnx"), b"other").expect("writable");
    let refusal = written.refusal();
    assert!(refusal.contains("whole.onnx: has checksum sha256:"), "{refusal}");
    assert!(refusal.contains("models/cnn/1.0.0"), "{refusal}");
}

#[test]
fn every_mistake_is_reported_together() {
    let written = Written::new();
    written.edit_manifest("name = \"cnn\"", "name = \"../CNN\"");
    written.edit_manifest("version = \"1.0.0\"", "version = \"one\"");
    written.edit_manifest("temperature = 1.25", "temperature = -1.0");
    fs::remove_file(written.dir().join("card.md")).expect("there");
    fs::write(written.dir().join("stray"), b"").expect("writable");
    let refusal = written.refusal();
    for part in
        ["name: \"../CNN\"", "version: \"one\"", "temperature: -1", "card.md: cannot be read", "stray"]
    {
        assert!(refusal.contains(part), "{part} not in {refusal}");
    }
}

#[test]
fn paths_that_leave_the_bundle_are_refused() {
    let outside = format!("[files]\n\"../outside\" = \"{}\"\n", Checksum::of(b""));
    let written = Written::new();
    written.edit_manifest("[files]\n", &outside);
    assert!(written.refusal().contains("leaves the bundle"));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_bundle_is_refused_even_when_the_content_is_right() {
    let written = Written::new();
    let outside = written.folder.path().join("outside.onnx");
    fs::write(&outside, b"graph").expect("writable");
    let inside = written.dir().join("whole.onnx");
    fs::remove_file(&inside).expect("there");
    std::os::unix::fs::symlink(&outside, &inside).expect("linkable");
    assert!(written.refusal().contains("link out of the bundle"));
}

#[test]
fn unknown_fields_are_refused() {
    let written = Written::new();
    written.edit_manifest("schema = 1", "schema = 1\nshcema = 2");
    assert!(written.refusal().contains("shcema"));
}

#[test]
fn dimensions_must_fit_features_and_labels() {
    let mut wrong = manifest();
    wrong.graph.whole.input.dims.pop();
    wrong.labels.push("angry".into());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refusal = Bundle::write(&folder.path().join("x"), wrong, FILES).expect_err("wrong").to_string();
    assert!(refusal.contains("graph.whole.input.dims: [batch, time]"), "{refusal}");
    assert!(refusal.contains("graph.whole.output.dims: [batch, 2]"), "{refusal}");
    assert!(!folder.path().join("x").exists());
}

#[test]
fn a_speaker_stands_in_one_list_only() {
    let mut wrong = manifest();
    wrong.training.test_speakers.push("01".into());
    let refusal = Bundle::write(Path::new("never-made"), wrong, FILES).expect_err("wrong").to_string();
    assert!(refusal.contains("speaker \"01\" stands twice"), "{refusal}");
}

#[test]
fn bundles_are_found_by_name_and_then_by_version_as_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in
        ["lstm/1.0.0", "cnn/10.0.0", "cnn/9.1.0", "cnn/10.0.0-rc.1", ".hidden/1.0.0", "cnn/.1.unfinished-1"]
    {
        fs::create_dir_all(folder.path().join(path)).expect("writable");
    }
    fs::write(folder.path().join("README.md"), b"").expect("writable");
    let found = discover(folder.path()).expect("readable");
    let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).expect("inside")).collect();
    let expected = ["cnn/9.1.0", "cnn/10.0.0-rc.1", "cnn/10.0.0", "lstm/1.0.0"];
    assert_eq!(names, expected.map(Path::new));
}
