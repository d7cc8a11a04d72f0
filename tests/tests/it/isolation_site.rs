//! Folders of plugins and models in which one model does something bad on command, in a process of its own.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use undertone_bundle::{Bundle, Dim, Features, Graph, Manifest, State, StreamGraph, Tensor};
use undertone_tests::{TestServer, bad_plugin, copy_tree, link_files, repository, stage};

/// The model that is bad on command.
pub(crate) const FAULTY: &str = "faulty";

/// The shipped models, and versions of [`FAULTY`].
pub(crate) struct IsolationSite {
    folder: TempDir,
    /// The plugin that runs in processes of its own.
    pub(crate) apart: &'static str,
}

impl IsolationSite {
    /// With a version of the faulty model for each behaviour of its classifier: 1.0.0, 2.0.0 and so on.
    pub(crate) fn new(behaviours: &[&str]) -> Self {
        let site = Self::without_faulty("faulty_classifier");
        for (behaviour, version) in behaviours.iter().zip(1..) {
            write_faulty(&site.models(), &format!("{version}.0.0"), behaviour, "good");
        }
        site
    }

    /// With version 1.0.0 of the faulty model, whose extractor behaves so.
    pub(crate) fn with_extractor(behaviour: &str) -> Self {
        let site = Self::without_faulty("faulty_extractor");
        write_faulty(&site.models(), "1.0.0", "good", behaviour);
        site
    }

    fn without_faulty(apart: &'static str) -> Self {
        let site = Self { folder: TempDir::new().unwrap(), apart };
        link_files(&stage().unwrap().join("plugins"), &site.plugins()).unwrap();
        for plugin in ["faulty_classifier", "faulty_extractor"] {
            let library = bad_plugin(plugin).unwrap();
            std::fs::copy(&library, site.plugins().join(library.file_name().unwrap())).unwrap();
        }
        copy_tree(&stage().unwrap().join("models"), &site.models()).unwrap();
        site
    }

    /// A version of the faulty model beside the folder of models, whose classifier behaves so.
    pub(crate) fn beside(&self, version: &str, behaviour: &str) -> PathBuf {
        write_faulty(&self.folder.path().join("beside"), version, behaviour, "good");
        self.folder.path().join("beside").join(FAULTY).join(version)
    }

    fn plugins(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    pub(crate) fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    /// Settings of a server over it, with `more`.
    pub(crate) fn flags(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let own = [
            ("plugins.dir", text(self.plugins())),
            ("models.dir", text(self.models())),
            ("onnxruntime.path", text(stage().unwrap().join("lib/libonnxruntime.so"))),
            ("plugins.process.memory_bytes", (128_u32 << 20).to_string()),
        ];
        let more = more.iter().map(|&(path, value)| (path.to_owned(), value.to_owned()));
        let apart = (format!("plugins.isolation_of.{}", self.apart), "process".to_owned());
        let more = [apart].into_iter().chain(more);
        own.map(|(path, value)| (path.to_owned(), value)).into_iter().chain(more).collect()
    }

    /// A server over it.
    pub(crate) async fn start(&self, more: &[(&str, &str)]) -> TestServer {
        let flags = self.flags(more);
        let flags: Vec<(&str, &str)> =
            flags.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
        TestServer::start(&flags).await.unwrap()
    }
}

/// Frames are single samples, a hundred per second; a frame of nearly full scale is the command.
fn write_faulty(models: &Path, version: &str, behaviour: &str, extractor: &str) {
    let example = repository().join("examples/linear/bundle");
    let mut manifest: Manifest = Bundle::open(&example).unwrap().manifest().clone();
    FAULTY.clone_into(&mut manifest.name);
    version.clone_into(&mut manifest.version);
    "faulty_classifier".clone_into(&mut manifest.plugin.classifier);
    "faulty_extractor".clone_into(&mut manifest.plugin.extractor);
    let recipe = format!("{{\"behaviour\": \"{extractor}\"}}");
    manifest.features = Features::from_recipe_json("faulty".to_owned(), 2, &recipe).unwrap();
    manifest.golden = None;
    let batch = || Dim::Named("batch".into());
    let labels = u32::try_from(manifest.labels.len()).unwrap();
    let input = || Tensor { name: "x".into(), dims: vec![batch(), Dim::Named("time".into()), Dim::Fixed(2)] };
    let output = || Tensor { name: "y".into(), dims: vec![batch(), Dim::Fixed(labels)] };
    manifest.graph.whole = Graph { file: "graph".into(), input: input(), output: output() };
    manifest.graph.stream = Some(StreamGraph {
        file: "graph".into(),
        input: input(),
        output: output(),
        step_frames: 2,
        temperature: None,
        states: vec![State { name_in: "sum".into(), name_out: "sum_after".into(), shape: vec![2] }],
    });
    let files: [(&str, &[u8]); 2] = [("graph", behaviour.as_bytes()), ("card.md", b"# Faulty\n")];
    Bundle::write(&models.join(FAULTY).join(version), manifest, &files).unwrap();
}
