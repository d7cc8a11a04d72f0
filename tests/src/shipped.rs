//! The models that the repository ships, which a test server serves where nothing else is said.

use std::path::PathBuf;

use anyhow::Result;

use crate::stage;

/// Version of the shipped convolutional model, which answers where no model is named.
pub const CNN_VERSION: &str = "1.2.0";
/// Its full name.
pub const CNN: &str = "cnn@1.2.0";
/// Version of the shipped recurrent model.
pub const LSTM_VERSION: &str = "1.1.0";
/// Its full name.
pub const LSTM: &str = "lstm@1.1.0";

/// The staged bundle with that full name, such as [`CNN`].
pub fn shipped_bundle(full_name: &str) -> Result<PathBuf> {
    Ok(stage()?.join("models").join(full_name.replace('@', "/")))
}
