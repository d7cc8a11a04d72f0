//! The classifier plugin `onnx`: runs a graph on the ONNX Runtime that the host owns.
//!
//! Configuration: `{"graph": path, "input": name, "output": name, "dim": number, "labels": [names]}`. The
//! graph takes `[batch, time, dim]` and gives `[batch, labels]`, 32-bit floats both. It runs on the CPU, on
//! the calling thread only.
#![deny(unsafe_code)]

mod configuration;
mod plugin;
mod runtime;
mod scorer;

undertone_plugin_sdk::export_plugin!(classifier plugin::Onnx);
