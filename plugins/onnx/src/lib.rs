//! The classifier plugin `onnx`: runs a graph on the ONNX Runtime that the host owns, on the CPU, on the calling thread only.
//! Its configuration is that of `undertone-plugin-graph`.
#![deny(unsafe_code)]

mod plugin;
mod runtime;
mod session;

undertone_plugin_sdk::export_plugin!(classifier plugin::Onnx);
