//! What the host does for plugins.

use crate::{Call, Text};
use core::ffi::c_void;

/// Id of the service whose table is [`LogService`].
///
/// cbindgen:no-export
pub const LOG_SERVICE: &str = "undertone.log/1";
/// Id of the service whose table is [`CounterService`].
///
/// cbindgen:no-export
pub const COUNTER_SERVICE: &str = "undertone.counters/1";
/// Id of the service whose table is [`CancellationService`].
///
/// cbindgen:no-export
pub const CANCELLATION_SERVICE: &str = "undertone.cancellation/1";
/// Id of the service whose table is [`DeadlineService`].
///
/// cbindgen:no-export
pub const DEADLINE_SERVICE: &str = "undertone.deadline/1";
/// Id of the service that is ONNX Runtime's `const OrtApiBase *` itself. The host owns ONNX Runtime and loads
/// it when it is first asked for; a plugin asks it for the API version that it was built for.
///
/// cbindgen:no-export
pub const ONNXRUNTIME_SERVICE: &str = "undertone.onnxruntime/1";

/// What a host gives to a library. It and all services live as long as the process.
#[repr(C)]
#[derive(Debug)]
pub struct Host {
    /// Size of this table in bytes.
    pub size: u32,
    /// The contract's major version that the host speaks.
    pub abi_major: u32,
    /// The contract's minor version that the host speaks.
    pub abi_minor: u32,
    /// Zero.
    pub reserved: u32,
    /// Name and version of the host, for humans. Static.
    pub name: Text,
    /// Purpose: a service of the host, a table that `id` names: "undertone.log/1", "undertone.counters/1",
    /// "undertone.cancellation/1", "undertone.deadline/1"; and "undertone.onnxruntime/1", which is ONNX
    /// Runtime's `const OrtApiBase *`.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: the table is the host's, and constant.
    /// Lifetime: the table, as long as the process; `id`, the call.
    /// Errors: null when the host has no such service; for ONNX Runtime also when it could not be loaded.
    pub get_service: Option<unsafe extern "C" fn(host: *const Host, id: Text) -> *const c_void>,
}

// SAFETY: the contract says that a host table is constant.
unsafe impl Sync for Host {}

/// How much a line of log matters. Unknown values count as INFO.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLevel(pub u32);

impl LogLevel {
    /// Something is broken.
    pub const ERROR: Self = Self(1);
    /// Something is not as it should be.
    pub const WARN: Self = Self(2);
    /// Worth knowing in normal operation.
    pub const INFO: Self = Self(3);
    /// For whoever searches a fault.
    pub const DEBUG: Self = Self(4);
}

/// Service "undertone.log/1".
#[repr(C)]
#[derive(Debug)]
pub struct LogService {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: writes one line to the host's log; the host adds the plugin's name.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: `host` is what create_plugin got; `message` is borrowed for the call.
    /// Lifetime: `message`, the call.
    /// Errors: none.
    pub log: Option<unsafe extern "C" fn(host: *const Host, level: LogLevel, message: Text)>,
}

/// Service "undertone.counters/1".
#[repr(C)]
#[derive(Debug)]
pub struct CounterService {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: adds to a counter of the plugin, which starts at 0. The host keeps at most 32 names per
    /// library, of at most 64 bytes each, and ignores others.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: `host` is what create_plugin got; `name` is borrowed for the call.
    /// Lifetime: `name`, the call.
    /// Errors: none.
    pub add: Option<unsafe extern "C" fn(host: *const Host, name: Text, amount: u64)>,
}

/// Service "undertone.cancellation/1".
#[repr(C)]
#[derive(Debug)]
pub struct CancellationService {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: whether nobody waits for this call's result any more; a plugin with much left to do then
    /// returns CANCELLED.
    /// Threads: `[any-thread]`, while the call lasts.
    /// State: none is needed.
    /// Ownership: `call` is what the plugin's function got.
    /// Lifetime: `call`, until the plugin's function that got it returns.
    /// Errors: none.
    pub is_cancelled: Option<unsafe extern "C" fn(call: *const Call) -> bool>,
}

/// Service "undertone.deadline/1".
#[repr(C)]
#[derive(Debug)]
pub struct DeadlineService {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: nanoseconds until this call's result comes too late; 0 when it is late already.
    /// Threads: `[any-thread]`, while the call lasts.
    /// State: none is needed.
    /// Ownership: `call` is what the plugin's function got.
    /// Lifetime: `call`, until the plugin's function that got it returns.
    /// Errors: none.
    pub remaining_nanoseconds: Option<unsafe extern "C" fn(call: *const Call) -> u64>,
}
