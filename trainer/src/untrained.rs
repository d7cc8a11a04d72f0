//! Bundles with weights that nobody trained, for tests and figures that do not depend on what a network has learnt.

use crate::shipment::{GRAPH_FILE, MAX_FRAMES, PLUGIN_ABI, STREAM_FILE, as_u32, stream_graph, whole_graph};
use crate::{Ensemble, MIN_FRAMES, Network, TrainError};
use std::path::Path;
use undertone_bundle::{
    Bundle, CARD_FILE, Calibration, Features, Graphs, Limits, Manifest, Plugin, SCHEMA, Training,
};
use undertone_core::Emotion;
use undertone_features::Recipe;

const CARD: &[u8] = b"# Random weights\n\nFor tests and benchmarks. Its answers mean nothing.\n";

/// A bundle with weights that nobody trained.
#[derive(Debug)]
pub struct Untrained<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The features of its frames; as many per frame as the networks take.
    pub features: &'a Recipe,
    /// What scores whole utterances.
    pub whole: &'a Ensemble,
    /// What carries state from frame to frame, if anything does; a causal network.
    pub stream: Option<&'a Network>,
}

impl Untrained<'_> {
    /// Writes it to `dir`, which is made.
    ///
    /// # Errors
    /// When `dir` cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), TrainError> {
        let stream = self.stream.and_then(|network| Some((network, network.to_stream_onnx()?)));
        let whole = self.whole.to_onnx();
        let mut files: Vec<(&str, &[u8])> = vec![(GRAPH_FILE, &whole), (CARD_FILE, CARD)];
        files.extend(stream.as_ref().map(|(_, model)| (STREAM_FILE, model.graph.as_slice())));
        let graph = Graphs {
            whole: whole_graph(self.whole.interface()),
            stream: stream.as_ref().map(|(network, model)| stream_graph(network, model)),
        };
        Bundle::write(dir, self.manifest(graph)?, &files)?;
        Ok(())
    }

    fn manifest(&self, graph: Graphs) -> Result<Manifest, TrainError> {
        let dim = as_u32(self.whole.interface().dim);
        let features = &self.features;
        Ok(Manifest {
            schema: SCHEMA,
            name: self.name.into(),
            version: self.version.into(),
            description: "Random weights".into(),
            licence: "Apache-2.0".into(),
            labels: Emotion::ALL.iter().map(ToString::to_string).collect(),
            plugin: Plugin { classifier: "onnx".into(), extractor: "logmel".into(), abi: PLUGIN_ABI.into() },
            features: Features::from_recipe_json(features.fingerprint(), dim, &features.to_json())?,
            graph,
            calibration: Calibration::of_temperature(1.0),
            limits: Limits { min_frames: as_u32(MIN_FRAMES), max_frames: MAX_FRAMES },
            training: Training {
                dataset: "none".into(),
                protocol: "untrained".into(),
                seed: 0,
                train_speakers: vec!["none".into()],
                validation_speakers: vec!["nobody".into()],
                test_speakers: vec!["no one".into()],
                clips: 1,
                accuracy: 0.0,
                uar: 0.0,
                epochs: 1,
            },
            golden: None,
            profile: None,
            files: Default::default(),
        })
    }
}
