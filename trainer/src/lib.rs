//! Turns labelled speech into bundles that the server loads.
//!
//! A folder of clips is decoded, turned into frames and cut into utterances by the same code that serves; a
//! [`Network`] is trained on them and written as an ONNX graph with a manifest, a model card and its measured
//! accuracy.
#![forbid(unsafe_code)]

mod archive;
mod belonging;
mod card;
pub mod dataset;
mod edition;
mod error;
pub mod evaluation;
mod facts;
pub mod fetch;
pub mod forward;
mod job;
mod material;
mod network;
pub mod onnx;
mod outlook;
mod parameters;
mod profile;
pub mod protocol;
mod quantization;
mod random;
mod recalibration;
mod recipe;
mod sheet;
mod shipment;
mod timing;
pub mod training;
mod untrained;

pub use belonging::Roll;
pub use error::TrainError;
pub use job::{Checkpoints, Job, Progress, SplitRule, Trained};
pub use material::{Material, Scale, Source};
pub use network::{
    Architecture, Body, CnnShape, Context, Ensemble, Interface, LstmShape, MIN_FRAMES, Network,
    Normalisation, StreamModel,
};
pub use outlook::{Forecast, Outlook};
pub use parameters::{Parameter, Parameters, Role};
pub use profile::profile;
pub use quantization::quantize;
pub use random::Random;
pub use recalibration::Recalibration;
pub use recipe::{Side, TrainingRecipe};
pub use sheet::DataSheet;
pub use shipment::{Origin, Shipment};
pub use timing::Timing;
pub use untrained::Untrained;
