//! ONNX Runtime, as the host hands it down.

use ort::environment::Environment;
use ort::logging::LogLevel as OrtLevel;
use ort::sys::{ORT_API_VERSION, OrtApi, OrtApiBase};
use std::sync::{Arc, Mutex, PoisonError};
use undertone_plugin_sdk::{Failure, Host, LogLevel};

/// The environment of all sessions of this library. It is made once and never given up, because a process may
/// make only one.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The environment; the first call makes it on the host's ONNX Runtime.
pub(crate) fn environment(host: Host) -> Result<Environment, Failure> {
    let mut made = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*made {
        return Ok(environment.clone());
    }
    let base = host
        .onnxruntime()
        .ok_or_else(|| Failure::failed("the host has no ONNX Runtime, which every ONNX graph needs"))?;
    // Only the first call reaches this place with success, so that nobody's API is replaced.
    ort::set_api(api(base.cast())?);
    let environment = ort::init()
        .with_name("undertone")
        .with_telemetry(false)
        .with_logger(Arc::new(move |level, _category, _id, _place, message| {
            host.log(host_level(level), message);
        }))
        .build()
        .map_err(|why| Failure::failed(&why))?;
    environment.set_log_level(OrtLevel::Warning);
    Ok(made.insert(environment).clone())
}

/// The functions of the version that this plugin was built for.
#[expect(unsafe_code, reason = "ONNX Runtime hands its functions out by pointer")]
fn api(base: *const OrtApiBase) -> Result<OrtApi, Failure> {
    // SAFETY: the contract says that the service "undertone.onnxruntime/1" is ONNX Runtime's OrtApiBase,
    // which lives as long as the process; a pointer that GetApi answers is null or one to the functions of
    // the asked version.
    let api = unsafe { ((*base).GetApi)(ORT_API_VERSION).as_ref() };
    api.cloned().ok_or_else(|| {
        Failure::Failed(format!(
            "the host's ONNX Runtime is too old: version 1.{ORT_API_VERSION} or later is needed"
        ))
    })
}

fn host_level(level: OrtLevel) -> LogLevel {
    match level {
        OrtLevel::Fatal | OrtLevel::Error => LogLevel::ERROR,
        OrtLevel::Warning => LogLevel::WARN,
        OrtLevel::Info | OrtLevel::Verbose => LogLevel::DEBUG,
    }
}
