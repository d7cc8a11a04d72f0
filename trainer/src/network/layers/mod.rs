//! Layers: forward, backward, and as ONNX nodes.
//!
//! A forward call gives its output and a trace, which the backward call takes together with the loss's slope
//! by the output; it adds to the gradients and gives the slope by the input.

mod average;
mod batch_norm;
mod convolution;
mod dropout;
mod fold;
mod layer_norm;
mod linear;
mod pooling;
mod recurrence;
mod recurrence_onnx;
mod residual;
mod unfold;

pub(super) use batch_norm::{BatchNorm, BatchNormTrace};
pub(super) use convolution::{Convolution, ConvolutionTrace};
pub(super) use dropout::Dropped;
pub(super) use fold::{FoldTrace, fold_bins, unfold_slope};
pub(super) use layer_norm::{LayerNorm, LayerNormTrace};
pub(super) use linear::Linear;
pub(super) use pooling::{AttentivePooling, PoolingTrace};
pub(super) use recurrence::{Recurrence, RecurrenceTrace};
pub(super) use residual::{ResidualBlock, ResidualTrace};
pub(super) use unfold::Reach;
