//! The two networks: shapes, forward and backward passes, and their ONNX graphs.

mod activation;
mod batch;
mod cnn;
mod ensemble;
mod front;
#[cfg(test)]
mod gradient_check;
mod gradients;
mod layers;
mod lstm;
mod matrix;
mod parallel;
mod pass;
mod scale;
mod shape;
mod signal;

pub(crate) use batch::Batch;
pub use ensemble::Ensemble;
pub(crate) use gradients::Gradients;
pub(crate) use pass::{Pass, Phase};
pub use shape::{Architecture, Body, CnnShape, Context, LstmShape, Normalisation};
pub(crate) use signal::Signal;

use crate::onnx::{Axis, Constants, GraphBuilder, GraphState};
use crate::{Parameters, Random};
use scale::InputScale;
use serde::{Deserialize, Serialize};

/// Fewer frames than this are not scored: two steps are left behind the strides of the convolutions.
pub const MIN_FRAMES: usize = 16;
/// Largest difference of two input scales that are the same but for rounding, relatively.
const SCALE_TOLERANCE: f32 = 1e-4;

/// What goes in and what comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// Values per frame; at least 1.
    pub dim: usize,
    /// Logits.
    pub labels: usize,
}

/// A network with its parameters. Frames go in as the extractor gives them; normalisation is part of the
/// network.
#[derive(Debug, Clone)]
pub struct Network {
    architecture: Architecture,
    interface: Interface,
    layers: Layers,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
enum Layers {
    Cnn(Box<cnn::Cnn>),
    Lstm(Box<lstm::Lstm>),
}

/// A graph that carries state from call to call.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamModel {
    /// The encoded ONNX model.
    pub graph: Vec<u8>,
    /// What it carries.
    pub states: Vec<GraphState>,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(crate) struct NetworkTrace(LayersTrace);

#[derive(Debug)]
enum LayersTrace {
    Cnn(Box<cnn::CnnTrace>),
    Lstm(Box<lstm::LstmTrace>),
}

impl Network {
    /// A network with random parameters; the same seed gives the same ones.
    pub fn new(architecture: Architecture, interface: Interface, seed: u64) -> Self {
        let Interface { dim, labels } = interface;
        let context = architecture.context;
        let layers = match &architecture.body {
            Body::Cnn(shape) => Layers::Cnn(Box::new(cnn::Cnn::new(shape, context, labels))),
            Body::Lstm(shape) => Layers::Lstm(Box::new(lstm::Lstm::new(shape, context, dim, labels))),
        };
        let mut parameters = Parameters::default();
        let mut random = Random::new(seed, 0);
        InputScale { dim, normalisation: architecture.normalisation }.declare(&mut parameters);
        match &layers {
            Layers::Cnn(cnn) => cnn.declare(&mut parameters, &mut random),
            Layers::Lstm(lstm) => lstm.declare(&mut parameters, &mut random),
        }
        Self { architecture, interface, layers, parameters }
    }

    /// Kind and widths.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// What goes in and what comes out.
    pub fn interface(&self) -> Interface {
        self.interface
    }

    /// All parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// All parameters, to be changed.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// Multiplications and additions for one utterance of so many frames, those of convolutions, matrices and
    /// pooling.
    pub fn macs(&self, frames: usize) -> usize {
        match &self.layers {
            Layers::Cnn(cnn) => cnn.macs(frames, self.interface.dim),
            Layers::Lstm(lstm) => lstm.macs(frames, self.interface.dim),
        }
    }

    /// Sets the mean and the standard deviation of each column over the training set.
    ///
    /// # Panics
    /// When there is not one of each per column.
    pub fn set_input_scale(&mut self, mean: &[f32], deviation: &[f32]) {
        self.parameters.get_mut(InputScale::MEAN).values.copy_from_slice(mean);
        self.parameters.get_mut(InputScale::DEVIATION).values.copy_from_slice(deviation);
    }

    /// One utterance's frames as the first layer wants them.
    pub(crate) fn normalised(&self, frames: &[f32]) -> Vec<f32> {
        let mut frames = frames.to_vec();
        self.input_scale().apply(&self.parameters, &mut frames);
        frames
    }

    /// A row of logits for every answer of the batch.
    pub(crate) fn forward(&self, pass: &mut Pass<'_>, batch: Batch) -> (Signal, NetworkTrace) {
        let windows = batch.windows(self.frames_per_step());
        match &self.layers {
            Layers::Cnn(cnn) => {
                let (logits, trace) = cnn.forward(pass, batch.frames, &windows);
                (logits, NetworkTrace(LayersTrace::Cnn(Box::new(trace))))
            }
            Layers::Lstm(lstm) => {
                let (logits, trace) = lstm.forward(pass, batch.frames, &windows);
                (logits, NetworkTrace(LayersTrace::Lstm(Box::new(trace))))
            }
        }
    }

    /// Gradients of all learnt parameters from the loss's slope by the logits.
    pub(crate) fn backward(&self, trace: NetworkTrace, slope: &Signal) -> Gradients {
        let mut gradients = Gradients::default();
        match (&self.layers, trace.0) {
            (Layers::Cnn(cnn), LayersTrace::Cnn(trace)) => {
                cnn.backward(&self.parameters, *trace, slope, &mut gradients);
            }
            (Layers::Lstm(lstm), LayersTrace::Lstm(trace)) => {
                lstm.backward(&self.parameters, *trace, slope, &mut gradients);
            }
            _ => unreachable!("a trace goes back into the network that made it"),
        }
        gradients
    }

    /// From normalised frames `[batch, time, dim]`, without padding, to logits `[batch, label]`.
    fn export(&self, graph: &mut GraphBuilder, scaled: &str) -> String {
        match &self.layers {
            Layers::Cnn(cnn) => cnn.export(graph, &self.parameters, scaled),
            Layers::Lstm(lstm) => lstm.export(graph, &self.parameters, scaled),
        }
    }

    /// Takes the constants of a graph that the network was exported to, in 8 bits perhaps.
    fn read_back(&mut self, constants: &Constants) {
        match &self.layers {
            Layers::Cnn(cnn) => cnn.read_back(constants, &mut self.parameters),
            Layers::Lstm(lstm) => lstm.read_back(constants, &mut self.parameters),
        }
    }

    /// A causal network as an encoded ONNX model that carries state: new `frames` `[batch, time, dim]`, `time` a multiple
    /// of [`Self::frames_per_step`], and the states of the call before to `logits` `[batch, label]` after these frames
    /// and the states for the next call. `None` for a network that needs frames to come.
    pub fn to_stream_onnx(&self) -> Option<StreamModel> {
        if self.architecture.context != Context::Causal {
            return None;
        }
        let mut graph = GraphBuilder::new("undertone");
        let (frames, dim) = ("frames", self.interface.dim);
        let scaled = self.input_scale().export_stream(&mut graph, &self.parameters, frames)?;
        let logits = match &self.layers {
            Layers::Cnn(cnn) => cnn.export_stream(&mut graph, &self.parameters, (&scaled, dim)),
            Layers::Lstm(lstm) => lstm.export_stream(&mut graph, &self.parameters, (&scaled, dim)),
        };
        graph.rename_output(&logits, "logits");
        let states = graph.states().to_vec();
        let input = [Axis::Named("batch"), Axis::Named("time"), Axis::Fixed(dim)];
        let output = [Axis::Named("batch"), Axis::Fixed(self.interface.labels)];
        Some(StreamModel { graph: graph.finish((frames, &input), ("logits", &output)), states })
    }

    /// Whether it takes the same frames as `other` to the same labels by the same kind of layers. Averaging over steps
    /// may have rounded the scale.
    fn is_like(&self, other: &Self) -> bool {
        let near = |(one, other): (&f32, &f32)| (one - other).abs() <= SCALE_TOLERANCE * (1.0 + one.abs());
        let same = |name| {
            let [own, others] = [self, other].map(|network| &network.parameters.get(name).values);
            own.len() == others.len() && own.iter().zip(others).all(near)
        };
        let same_scale = [InputScale::MEAN, InputScale::DEVIATION].into_iter().all(same);
        same_scale && self.architecture == other.architecture && self.interface == other.interface
    }

    fn input_scale(&self) -> InputScale {
        InputScale { dim: self.interface.dim, normalisation: self.architecture.normalisation }
    }

    /// Frames that become one step behind the convolutions.
    pub fn frames_per_step(&self) -> usize {
        match &self.layers {
            Layers::Cnn(cnn) => cnn.front().frames_per_step(),
            Layers::Lstm(lstm) => lstm.front().frames_per_step(),
        }
    }
}
