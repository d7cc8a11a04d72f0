//! The classifier plugin `onnx`: runs a graph on the ONNX Runtime that the host owns.
//!
//! Configuration: `{"graph": path, "input": name, "output": name, "dim": number, "labels": [names]}`. The
//! graph takes `[batch, time, dim]` and gives `[batch, labels]`, 32-bit floats both. It runs on the CPU, on
//! the calling thread only.
//!
//! A graph that carries state has `"states": [{"in": name, "out": name, "shape": [lengths]}]` and `"step_frames":
//! number` besides; each state goes in and comes out as `[batch, lengths...]`, and `time` is a multiple of the step.
#![deny(unsafe_code)]

mod configuration;
mod plugin;
mod runtime;
mod scorer;
mod stepper;

undertone_plugin_sdk::export_plugin!(classifier plugin::Onnx);
