//! A folder of plugins and models for tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use undertone_bundle::{
    Bundle, Calibration, Dim, Features, Graph, Graphs, Limits, Manifest, Plugin, SCHEMA, Tensor, Training,
};
use undertone_plugin_host::{HostConfig, HostError, LoadedModel, PluginHost};

/// The folder of the build's libraries, which are built here when they are not yet.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("a test is a file");
    let profile_dir = test.ancestors().nth(2).expect("tests lie in PROFILE/deps").to_owned();
    let target_dir = profile_dir.parent().expect("profiles lie in the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--lib", "--examples"]);
    cargo.args(["--package", "undertone-bad-plugins", "--package", "undertone-plugin-logmel"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", target_dir).status();
    assert!(status.expect("cargo runs").success(), "the plugins do not build");
    profile_dir
});

/// What differs from bundle to bundle.
pub(crate) struct Wanted<'a> {
    pub(crate) classifier: &'a str,
    pub(crate) classifier_behaviour: &'a str,
    pub(crate) extractor_behaviour: &'a str,
    pub(crate) change: fn(&mut Manifest),
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            classifier: "faulty_classifier",
            classifier_behaviour: "good",
            extractor_behaviour: "good",
            change: |_| {},
        }
    }
}

pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) host: PluginHost,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = HostConfig {
            plugins_dir: folder.path().join("plugins"),
            models_dir: folder.path().join("models"),
            onnxruntime: None,
        };
        std::fs::create_dir(&config.plugins_dir).expect("writable");
        std::fs::create_dir(&config.models_dir).expect("writable");
        link_libraries(&BUILT, &config.plugins_dir);
        link_libraries(&BUILT.join("examples"), &config.plugins_dir);
        Self { host: PluginHost::new(config), folder }
    }

    pub(crate) fn models_dir(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    pub(crate) fn plugins_dir(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    /// Writes a bundle `models/m/VERSION`.
    pub(crate) fn write(&self, version: &str, wanted: &Wanted<'_>) -> PathBuf {
        let mut manifest = manifest(version, wanted);
        (wanted.change)(&mut manifest);
        let files: &[(&str, &[u8])] =
            &[("whole.onnx", wanted.classifier_behaviour.as_bytes()), ("card.md", b"# Card")];
        let dir = self.models_dir().join("m").join(version);
        Bundle::write(&dir, manifest, files).expect("a good bundle").dir().to_owned()
    }

    pub(crate) fn load(&self, wanted: &Wanted<'_>) -> Result<Arc<LoadedModel>, HostError> {
        self.host.load_model(&self.write("1.0.0", wanted))
    }

    pub(crate) fn refusal(&self, wanted: &Wanted<'_>) -> String {
        self.load(wanted).expect_err("should be refused").to_string()
    }
}

fn link_libraries(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("built").map(|entry| entry.expect("readable")) {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("libundertone_plugin_")
            && entry.path().extension() == Some("so".as_ref())
        {
            std::os::unix::fs::symlink(entry.path(), to.join(name)).expect("linkable");
        }
    }
}

fn manifest(version: &str, wanted: &Wanted<'_>) -> Manifest {
    let recipe = format!("{{\"behaviour\": \"{}\"}}", wanted.extractor_behaviour);
    let named = |name: &str| Dim::Named(name.to_owned());
    Manifest {
        schema: SCHEMA,
        name: "m".into(),
        version: version.into(),
        description: "For tests".into(),
        licence: "Apache-2.0".into(),
        labels: vec!["happy".into(), "sad".into()],
        plugin: Plugin {
            classifier: wanted.classifier.into(),
            extractor: "faulty_extractor".into(),
            abi: "1.0".into(),
        },
        features: Features::from_recipe_json("faulty".into(), 2, &recipe).expect("an object"),
        graph: Graphs {
            whole: Graph {
                file: "whole.onnx".into(),
                input: Tensor { name: "x".into(), dims: vec![named("batch"), named("time"), Dim::Fixed(2)] },
                output: Tensor { name: "y".into(), dims: vec![named("batch"), Dim::Fixed(2)] },
            },
            stream: None,
        },
        calibration: Calibration { temperature: 1.0 },
        limits: Limits { min_frames: 2, max_frames: 100 },
        training: Training {
            dataset: "invented".into(),
            protocol: "none".into(),
            seed: 0,
            train_speakers: vec![],
            validation_speakers: vec![],
            test_speakers: vec![],
            clips: 0,
            accuracy: 0.0,
            uar: 0.0,
            epochs: 0,
        },
        files: Default::default(),
    }
}
