//! From trained networks to a bundle.

use crate::dataset::Part;
use crate::evaluation::{Decision, Measured};
use crate::onnx::GraphState;
use crate::{
    DataSheet, Ensemble, Interface, MIN_FRAMES, Material, Network, Random, StreamModel, TrainError, Trained,
    TrainingRecipe, card, profile,
};
use std::path::Path;
use undertone_bundle::{
    Bundle, CARD_FILE, Calibration, Dim, Features, GOLDEN_FRAMES_FILE, GOLDEN_TOLERANCE, Golden, Graph,
    Graphs, Limits, Manifest, Plugin, Profile, SCHEMA, State, StreamGraph, Tensor, Training,
    name_and_version,
};
use undertone_core::{Emotion, FramesView};
use undertone_evaluation::{Figures, Protocol, Summary};
use undertone_features::FeatureExtractor;

pub(crate) const GRAPH_FILE: &str = "whole.onnx";
pub(crate) const STREAM_FILE: &str = "stream.onnx";
/// 5 minutes of frames every 10 ms, the longest utterance a stream may ask for.
pub(crate) const MAX_FRAMES: u32 = 30_000;
/// The plugin contract that these bundles are made for.
pub(crate) const PLUGIN_ABI: &str = "1.0";
/// Frames of the golden input: enough for every layer, few enough for a small file.
const GOLDEN_FRAMES: usize = 64;
const GOLDEN_SEED: u64 = 0;

/// Everything that a bundle says.
#[derive(Debug)]
pub struct Shipment<'a> {
    /// The recipe.
    pub recipe: &'a TrainingRecipe,
    /// The networks and their clips.
    pub trained: &'a Trained,
    /// How logits become answers.
    pub decision: Option<Decision>,
    /// What the causal network's logits are divided by.
    pub stream_temperature: Option<f32>,
    /// Where the figures come from.
    pub origin: Origin,
    /// What must be said about the data.
    pub sheet: &'a DataSheet,
}

/// Where the figures of a bundle come from.
#[derive(Debug)]
pub enum Origin {
    /// Test clips of speakers that were held out.
    HeldOut(Measured),
    /// Cross-validation of the same recipe; the bundle's weights learnt from every speaker.
    Evidence(Box<Summary>),
}

impl Shipment<'_> {
    /// Writes manifest, graphs, card and golden vectors to `dir`, whose last two parts are the model's name and
    /// version.
    pub fn write(&self, dir: &Path) -> Result<(), TrainError> {
        let (name, version) = name_and_version(dir);
        let whole = self.trained.ensemble();
        let card = card::card(&name, &version, self);
        let (golden, frames) = self.golden(&whole)?;
        let graph = whole.to_onnx();
        let stream = self.stream();
        let mut files: Vec<(&str, &[u8])> =
            vec![(GRAPH_FILE, &graph), (CARD_FILE, card.as_bytes()), (GOLDEN_FRAMES_FILE, &frames)];
        files.extend(stream.as_ref().map(|(_, model)| (STREAM_FILE, model.graph.as_slice())));
        let mut manifest = self.manifest((name, version), &whole, golden)?;
        manifest.graph.stream = stream.as_ref().map(|(network, model)| StreamGraph {
            temperature: self.stream_temperature,
            ..stream_graph(network, model)
        });
        Bundle::write(dir, manifest, &files)?;
        Ok(())
    }

    fn manifest(
        &self,
        (name, version): (String, String),
        whole: &Ensemble,
        golden: Golden,
    ) -> Result<Manifest, TrainError> {
        let interface = whole.interface();
        let dim = as_u32(interface.dim);
        let features = &self.trained.material.recipe;
        Ok(Manifest {
            schema: SCHEMA,
            name,
            version,
            description: self.recipe.description.clone(),
            licence: self.sheet.licence.clone(),
            labels: Emotion::ALL.map(|emotion| emotion.name().to_owned()).to_vec(),
            plugin: Plugin { classifier: "onnx".into(), extractor: "logmel".into(), abi: PLUGIN_ABI.into() },
            features: Features::from_recipe_json(features.fingerprint(), dim, &features.to_json())?,
            graph: Graphs { whole: whole_graph(interface), stream: None },
            calibration: self.calibration(),
            limits: Limits { min_frames: as_u32(MIN_FRAMES), max_frames: MAX_FRAMES },
            training: self.training(),
            golden: Some(golden),
            profile: Some(self.profile()?),
            files: Default::default(),
        })
    }

    /// Of the clips learnt from, as they were recorded.
    fn profile(&self) -> Result<Profile, TrainError> {
        let Material { clips, split, recipe, .. } = &self.trained.material;
        let grid = FeatureExtractor::new(recipe)
            .map_err(|_| TrainError::Recipe { name: recipe.to_json() })?
            .layout()
            .grid;
        profile(split.clips(Part::Training).into_iter().map(|clip| &clips[clip]), grid)
    }

    /// The causal network, if there is one, with its graph.
    fn stream(&self) -> Option<(Network, StreamModel)> {
        let network = self.trained.stream.as_ref()?.averaged();
        let model = network.to_stream_onnx()?;
        Some((network, model))
    }

    fn calibration(&self) -> Calibration {
        let fitted = self.decision.map(|decision| decision.calibration(&self.recipe.decision));
        fitted.unwrap_or(Calibration::of_temperature(1.0))
    }

    fn training(&self) -> Training {
        let material = &self.trained.material;
        let speakers = |part| {
            let clips = material.split.clips(part).into_iter();
            let names: std::collections::BTreeSet<&str> =
                clips.map(|clip| material.clips[clip].speaker.name()).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let (protocol, accuracy, uar) = self.figures();
        Training {
            dataset: self.sheet.dataset.clone(),
            protocol,
            seed: self.trained.whole[0].plan().seed,
            train_speakers: speakers(Part::Training),
            validation_speakers: speakers(Part::Validation),
            test_speakers: speakers(Part::Test),
            clips: self.trained.clips_learnt(),
            accuracy: rounded(accuracy),
            uar: rounded(uar),
            epochs: as_u32(self.trained.whole[0].reports().len()),
        }
    }

    /// The protocol in words, accuracy and UAR.
    fn figures(&self) -> (String, f64, f64) {
        match &self.origin {
            Origin::HeldOut(measured) => {
                let figures = Figures::of(&measured.judged);
                let protocol = "speaker-independent: no clip of a validation or test speaker is learnt from; \
                                temperature and thresholds come from the validation clips; the parameters are those \
                                behind the last epoch, none are chosen";
                (protocol.into(), figures.accuracy, figures.uar)
            }
            Origin::Evidence(summary) => {
                let protocol = "learnt from every speaker; the figures are those of the same recipe in \
                                speaker-independent cross-validation (speaker5), and so are temperature and thresholds";
                let own = summary.protocol(Protocol::Speaker5);
                let figure = |pick: fn(&undertone_evaluation::ProtocolSummary) -> f64| own.map_or(0.0, pick);
                (protocol.into(), figure(|own| own.accuracy.value), figure(|own| own.uar.value))
            }
        }
    }

    /// What the causal network says about the golden frames.
    fn stream_golden(&self, frames: FramesView<'_>) -> Result<Option<Vec<f32>>, TrainError> {
        let Some(run) = &self.trained.stream else { return Ok(None) };
        Ok(Some(Ensemble::from(run.averaged()).logits(&[frames])?.swap_remove(0)))
    }

    /// Made-up frames of the size of real ones, and what the network says about them.
    fn golden(&self, whole: &Ensemble) -> Result<(Golden, Vec<u8>), TrainError> {
        let scale = self.trained.material.scale();
        let mut random = Random::new(GOLDEN_SEED, 0);
        let columns = scale.mean.iter().zip(&scale.deviation).cycle();
        let values: Vec<f32> = columns
            .take(GOLDEN_FRAMES * scale.mean.len())
            .map(|(mean, deviation)| mean + deviation * random.normal())
            .collect();
        let view = FramesView { dim: scale.mean.len(), values: &values };
        let logits = whole.logits(&[view])?.swap_remove(0);
        let golden = Golden {
            frames: GOLDEN_FRAMES_FILE.into(),
            time: as_u32(GOLDEN_FRAMES),
            logits,
            stream_logits: self.stream_golden(view)?,
            tolerance: GOLDEN_TOLERANCE,
        };
        Ok((golden, Golden::encode_frames(&values)))
    }
}

pub(crate) fn whole_graph(interface: Interface) -> Graph {
    Graph {
        file: GRAPH_FILE.into(),
        input: tensor("frames", &["batch", "time"], as_u32(interface.dim)),
        output: tensor("logits", &["batch"], as_u32(interface.labels)),
    }
}

pub(crate) fn stream_graph(network: &Network, model: &StreamModel) -> StreamGraph {
    let interface = network.interface();
    let state = |state: &GraphState| State {
        name_in: state.name_in.clone(),
        name_out: state.name_out.clone(),
        shape: state.shape.iter().map(|&length| as_u32(length)).collect(),
    };
    StreamGraph {
        file: STREAM_FILE.into(),
        input: tensor("frames", &["batch", "time"], as_u32(interface.dim)),
        output: tensor("logits", &["batch"], as_u32(interface.labels)),
        step_frames: as_u32(network.frames_per_step()),
        temperature: None,
        states: model.states.iter().map(state).collect(),
    }
}

/// To four decimals, more than so few clips can tell.
pub(crate) fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

fn tensor(name: &str, free: &[&str], last: u32) -> Tensor {
    let mut dims: Vec<Dim> = free.iter().map(|dim| Dim::Named((*dim).into())).collect();
    dims.push(Dim::Fixed(last));
    Tensor { name: name.into(), dims }
}

pub(crate) fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
