//! The two networks: shapes, forward passes and their ONNX graphs.

mod batch;
mod batch_norm;
mod cnn;
mod convolution;
mod layer_norm;
mod linear;
mod lstm;
mod pass;
mod pooling;
mod recurrence;
mod residual;
mod scale;

pub(crate) use batch::Batch;
pub use cnn::CnnShape;
pub use lstm::LstmShape;
pub(crate) use pass::{Pass, Phase, values_of};

use crate::onnx::{Axis, GraphBuilder};
use crate::{Parameters, Random, TrainError};
use batch::TimeMask;
use burn::tensor::Tensor;
use scale::InputScale;
use serde::{Deserialize, Serialize};
use undertone_core::FramesView;

/// Fewer frames than this are not scored: two steps are left behind the strides of the convolutions.
pub const MIN_FRAMES: usize = 16;

/// Kind and widths of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Architecture {
    /// Residual convolutions over bins and time.
    Cnn(CnnShape),
    /// Convolutions in front of a bidirectional LSTM.
    Lstm(LstmShape),
}

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
    body: Body,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
enum Body {
    Cnn(Box<cnn::Cnn>),
    Lstm(Box<lstm::Lstm>),
}

impl Network {
    /// A network with random parameters; the same seed gives the same ones.
    pub fn new(architecture: Architecture, interface: Interface, seed: u64) -> Self {
        let body = match &architecture {
            Architecture::Cnn(shape) => Body::Cnn(Box::new(cnn::Cnn::new(shape, interface.labels))),
            Architecture::Lstm(shape) => {
                Body::Lstm(Box::new(lstm::Lstm::new(shape, interface.dim, interface.labels)))
            }
        };
        let mut parameters = Parameters::default();
        let mut random = Random::new(seed, 0);
        InputScale { dim: interface.dim }.declare(&mut parameters);
        match &body {
            Body::Cnn(cnn) => cnn.declare(&mut parameters, &mut random),
            Body::Lstm(lstm) => lstm.declare(&mut parameters, &mut random),
        }
        Self { architecture, interface, body, parameters }
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

    /// Sets what each column is divided by: the training set's standard deviations.
    ///
    /// # Panics
    /// When there is not one deviation per column.
    pub fn set_input_deviation(&mut self, deviation: &[f32]) {
        self.parameters.get_mut(InputScale::DEVIATION).values.copy_from_slice(deviation);
    }

    /// Logits of each utterance, computed in one padded batch; an utterance's logits do not depend on its
    /// neighbours. Fails for an utterance of fewer than [`MIN_FRAMES`] frames or of another `dim`.
    pub fn logits(&self, utterances: &[FramesView<'_>]) -> Result<Vec<Vec<f32>>, TrainError> {
        for utterance in utterances {
            if utterance.dim != self.interface.dim || utterance.len() < MIN_FRAMES {
                let (frames, dim) = (utterance.len(), utterance.dim);
                return Err(TrainError::Utterance { frames, dim, expected_dim: self.interface.dim });
            }
        }
        if utterances.is_empty() {
            return Ok(Vec::new());
        }
        let mut pass = Pass::new(&self.parameters, Phase::Inference);
        let logits = values_of(self.forward(&mut pass, &Batch::new(utterances)));
        Ok(logits.chunks_exact(self.interface.labels).map(<[f32]>::to_vec).collect())
    }

    /// Logits `[batch, label]` of a batch.
    pub(crate) fn forward(&self, pass: &mut Pass, batch: &Batch) -> Tensor<2> {
        let mask = TimeMask::new(&batch.lengths, pass.device());
        let frames = batch.tensor(pass.device());
        let frames = InputScale { dim: batch.dim }.forward(pass, frames, &mask);
        match &self.body {
            Body::Cnn(cnn) => cnn.forward(pass, frames, &mask),
            Body::Lstm(lstm) => lstm.forward(pass, frames, &mask),
        }
    }

    /// The network as an encoded ONNX model: `frames` `[batch, time, dim]` without padding to `logits`
    /// `[batch, label]`, both f32, any batch and any time of at least [`MIN_FRAMES`].
    pub fn to_onnx(&self) -> Vec<u8> {
        let mut graph = GraphBuilder::new("undertone");
        let frames = "frames";
        let scaled = InputScale { dim: self.interface.dim }.export(&mut graph, &self.parameters, frames);
        let logits = match &self.body {
            Body::Cnn(cnn) => cnn.export(&mut graph, &self.parameters, &scaled),
            Body::Lstm(lstm) => lstm.export(&mut graph, &self.parameters, &scaled),
        };
        graph.rename_output(&logits, "logits");
        let dim = Axis::Fixed(self.interface.dim);
        let labels = Axis::Fixed(self.interface.labels);
        graph.finish(
            (frames, &[Axis::Named("batch"), Axis::Named("time"), dim]),
            ("logits", &[Axis::Named("batch"), labels]),
        )
    }
}
