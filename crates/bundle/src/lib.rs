//! Bundles: what the trainer makes and the server loads.
//!
//! A bundle is a folder `NAME/VERSION` with a manifest (`bundle.toml`), the model's graph, a model card and
//! whatever else the manifest lists. A [`Bundle`] exists only after its manifest and the checksum of every
//! file were verified, so whoever holds one need not check again. It may come as one file ([`unpack`]), and be signed
//! ([`Trust`]).
#![forbid(unsafe_code)]

mod acceptance;
mod archive;
mod bundle;
mod calibration;
mod checksum;
mod discovery;
mod error;
mod files;
mod golden;
mod manifest;
mod mistakes;
mod profile;
mod recipe;
mod sealing;
mod trust;
mod writing;

pub use acceptance::{Acceptance, Bounds};
pub use archive::{ARCHIVE_ENDING, unpack};
pub use bundle::{Bundle, CARD_FILE, MANIFEST_FILE};
pub use calibration::{Calibration, Conformal};
pub use checksum::Checksum;
pub use discovery::{Found, candidates, discover};
pub use error::{BundleError, Mistake};
pub use files::{MAX_FILE_BYTES, MAX_FILES};
pub use golden::{GOLDEN_FRAMES_FILE, GOLDEN_TOLERANCE, Golden};
pub use manifest::{
    Dim, Features, Graph, Graphs, Limits, Manifest, Plugin, SCHEMA, State, StreamGraph, Tensor, Training,
};
pub use mistakes::is_model_name;
pub use profile::{Histogram, Profile};
pub use recipe::RecipeError;
pub use trust::{Provenance, SIGNATURE_FILE, Trust, TrustPolicy, TrustedKey};
pub use writing::name_and_version;
