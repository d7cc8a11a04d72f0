//! Kinds and widths of networks.

use serde::{Deserialize, Serialize};

/// What a network is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Which steps an output may depend on.
    pub context: Context,
    /// What is taken away from the frames.
    pub normalisation: Normalisation,
    /// The layers.
    pub body: Body,
}

/// Which steps an output may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// All steps of the utterance.
    Full,
    /// The steps up to now; the network can carry state from call to call.
    Causal,
}

/// What is taken away from the frames before they are divided by the training set's deviation, per column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Normalisation {
    /// The mean of the whole utterance.
    Utterance,
    /// The mean of the utterance so far, with the training set's mean counted in as so many frames.
    Running {
        /// Frames that the training set's mean counts as.
        prior_frames: f32,
    },
}

/// Kind and widths of the layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// Residual convolutions over bins and time.
    Cnn(CnnShape),
    /// Residual convolutions in front of an LSTM.
    Lstm(LstmShape),
}

/// Widths of the convolutional network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CnnShape {
    /// Channels behind the first convolution and behind each of the three residual blocks.
    pub channels: [usize; 4],
    /// Hidden units of the attention.
    pub attention: usize,
}

/// Widths of the recurrent network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LstmShape {
    /// Channels behind the first convolution and behind each of the two residual blocks.
    pub channels: [usize; 3],
    /// Width of what goes into the first LSTM layer.
    pub projection: usize,
    /// Hidden units of each direction of both LSTM layers.
    pub hidden: usize,
    /// Hidden units of the attention.
    pub attention: usize,
}

impl Body {
    /// All widths.
    pub(crate) fn widths(&self) -> Vec<usize> {
        match self {
            Self::Cnn(CnnShape { channels, attention }) => [channels.as_slice(), &[*attention]].concat(),
            Self::Lstm(LstmShape { channels, projection, hidden, attention }) => {
                [channels.as_slice(), &[*projection, *hidden, *attention]].concat()
            }
        }
    }
}

impl Context {
    /// Steps of zeros in front of a convolution over `kernel` steps.
    pub(super) fn lead(self, kernel: usize) -> usize {
        match self {
            Self::Full => kernel / 2,
            Self::Causal => kernel - 1,
        }
    }
}

impl Default for CnnShape {
    fn default() -> Self {
        Self { channels: [16, 24, 48, 96], attention: 64 }
    }
}

impl Default for LstmShape {
    fn default() -> Self {
        Self { channels: [16, 24, 48], projection: 128, hidden: 128, attention: 64 }
    }
}
