//! The classifier plugin `tract`: runs a graph on tract, an engine in pure Rust, on the CPU, on the calling thread only.
//! It needs nothing of the host, and runs the bundles of the plugin `onnx`; its configuration is that of
//! `undertone-plugin-graph`.
#![deny(unsafe_code)]

mod graph;
mod plans;
mod plugin;
mod runner;

undertone_plugin_sdk::export_plugin!(classifier plugin::Tract);
