//! A folder of plugins and models for tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use undertone_bundle::{
    Bundle, Calibration, Dim, Features, GOLDEN_FRAMES_FILE, GOLDEN_TOLERANCE, Golden, Graph, Graphs, Limits,
    Manifest, Plugin, SCHEMA, Tensor, Training,
};
use undertone_plugin_host::{HostConfig, HostError, LoadedModel, PluginHost};

/// The tree that `cargo xtask test` stages.
fn stage() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/stage");
    let stage = std::env::var_os("UNDERTONE_STAGE").map_or_else(beside, PathBuf::from);
    assert!(stage.join("bad-plugins").is_dir(), "no plugins in {}: run `cargo xtask test`", stage.display());
    stage
}

/// Two frames, written into bundles that name golden vectors; their first values have the mean 1.
const GOLDEN_FRAMES: [f32; 4] = [0.0, 1.0, 2.0, 1.0];

/// Golden vectors with these logits.
pub(crate) fn golden(logits: [f32; 2]) -> Option<Golden> {
    Some(Golden {
        frames: GOLDEN_FRAMES_FILE.into(),
        time: 2,
        logits: logits.to_vec(),
        stream_logits: None,
        tolerance: GOLDEN_TOLERANCE,
    })
}

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
        link_libraries(&stage().join("plugins"), &config.plugins_dir);
        link_libraries(&stage().join("bad-plugins"), &config.plugins_dir);
        Self { host: PluginHost::new(config), folder }
    }

    /// The same with another host.
    pub(crate) fn with_host(self, change: impl FnOnce(PluginHost) -> PluginHost) -> Self {
        Self { host: change(self.host), folder: self.folder }
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
        let golden = Golden::encode_frames(&GOLDEN_FRAMES);
        let mut files: Vec<(&str, &[u8])> =
            vec![("whole.onnx", wanted.classifier_behaviour.as_bytes()), ("card.md", b"# Card")];
        files.extend(manifest.golden.is_some().then_some((GOLDEN_FRAMES_FILE, golden.as_slice())));
        let dir = self.models_dir().join("m").join(version);
        Bundle::write(&dir, manifest, &files).expect("a good bundle").dir().to_owned()
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
        calibration: Calibration::of_temperature(1.0),
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
        golden: None,
        profile: None,
        files: Default::default(),
    }
}

/// A process whose parent this one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChildProcess {
    pub(crate) id: i32,
    /// How far it stands back.
    pub(crate) nice: i32,
}

/// The processes whose parent this one is, but for those that have ended.
pub(crate) fn children() -> Vec<ChildProcess> {
    /// The fields of a process's `stat` behind its name.
    const STATE: usize = 0;
    const PARENT: usize = 1;
    const NICE: usize = 16;
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").expect("readable").flatten();
    let stats = processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    let child = |stat: String| {
        let (id, fields) = (stat.split(' ').next()?, stat.rsplit_once(") ")?.1);
        let fields: Vec<&str> = fields.split(' ').collect();
        let is_child = fields.get(PARENT) == Some(&own.as_str()) && fields.get(STATE) != Some(&"Z");
        let child = ChildProcess { id: id.parse().ok()?, nice: fields.get(NICE)?.parse().ok()? };
        is_child.then_some(child)
    };
    stats.filter_map(child).collect()
}
