//! The host's services for one library.

use crate::OnnxRuntimeError;
use crate::call::RunningCall;
use crate::onnxruntime::OnnxRuntime;
use crate::text::text_of;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use undertone_plugin_abi::{
    self as abi, ABI_MAJOR, ABI_MINOR, CANCELLATION_SERVICE, COUNTER_SERVICE, CancellationService,
    CounterService, DEADLINE_SERVICE, DeadlineService, LOG_SERVICE, LogLevel, LogService,
    MAX_COUNTER_NAME_BYTES, MAX_COUNTERS, ONNXRUNTIME_SERVICE, Text,
};

static LOG: LogService = LogService { size: size_of::<LogService>() as u32, reserved: 0, log: Some(log) };
static COUNTERS: CounterService =
    CounterService { size: size_of::<CounterService>() as u32, reserved: 0, add: Some(add) };
static CANCELLATION: CancellationService = CancellationService {
    size: size_of::<CancellationService>() as u32,
    reserved: 0,
    is_cancelled: Some(RunningCall::is_cancelled),
};
static DEADLINE: DeadlineService = DeadlineService {
    size: size_of::<DeadlineService>() as u32,
    reserved: 0,
    remaining_nanoseconds: Some(RunningCall::remaining_nanoseconds),
};

/// What one library gets as its host. Its table comes first, so that a pointer to the table is one to the
/// whole.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Services {
    table: abi::Host,
    plugin: String,
    counters: Mutex<BTreeMap<String, u64>>,
    /// How often they changed.
    counted: AtomicU32,
    onnxruntime: Arc<OnnxRuntime>,
    /// Why the library's last question for ONNX Runtime was answered with null.
    refusal: Mutex<Option<OnnxRuntimeError>>,
}

impl Services {
    /// Makes the services of the library of `plugin`; they stay until the process ends.
    pub(crate) fn leak(plugin: &str, onnxruntime: Arc<OnnxRuntime>) -> &'static Self {
        Self::leak_as(plugin, onnxruntime, own_table())
    }

    /// The same with another table, for a host that is not like this one.
    pub(crate) fn leak_as(plugin: &str, onnxruntime: Arc<OnnxRuntime>, table: abi::Host) -> &'static Self {
        let (counters, counted, refusal) = (Mutex::default(), AtomicU32::new(0), Mutex::default());
        Box::leak(Box::new(Self {
            table,
            plugin: plugin.to_owned(),
            counters,
            counted,
            onnxruntime,
            refusal,
        }))
    }

    /// What the library's create_plugin gets.
    pub(crate) fn table(&'static self) -> *const abi::Host {
        ptr::from_ref(self).cast()
    }

    /// Why the library's last question for ONNX Runtime was answered with null; forgotten by being asked for.
    pub(crate) fn take_refusal(&self) -> Option<OnnxRuntimeError> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The library's counters.
    pub(crate) fn counters(&self) -> BTreeMap<String, u64> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often they changed since the library was loaded.
    pub(crate) fn counted(&self) -> u32 {
        self.counted.load(Ordering::Relaxed)
    }

    fn onnxruntime(&self) -> *const c_void {
        self.onnxruntime.base().map(<*const _>::cast).unwrap_or_else(|why| {
            *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
            ptr::null()
        })
    }

    fn count(&self, name: String, amount: u64) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() < MAX_COUNTERS || counters.contains_key(&name) {
            let counter = counters.entry(name).or_default();
            *counter = counter.saturating_add(amount);
            self.counted.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn log(&self, level: LogLevel, message: &str) {
        let plugin = self.plugin.as_str();
        match level {
            LogLevel::ERROR => tracing::error!(plugin, "{message}"),
            LogLevel::WARN => tracing::warn!(plugin, "{message}"),
            LogLevel::DEBUG => tracing::debug!(plugin, "{message}"),
            _ => tracing::info!(plugin, "{message}"),
        }
    }

    /// # Safety
    /// `host` is what a library got from [`Self::table`].
    unsafe fn of(host: *const abi::Host) -> Option<&'static Self> {
        // SAFETY: the table is the first field of services that stay until the process ends.
        unsafe { host.cast::<Self>().as_ref() }
    }
}

/// What this host says about itself.
pub(crate) fn own_table() -> abi::Host {
    abi::Host {
        size: size_of::<abi::Host>() as u32,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        reserved: 0,
        name: Text::new(concat!("undertone ", env!("CARGO_PKG_VERSION"))),
        get_service: Some(get_service),
    }
}

unsafe extern "C" fn get_service(host: *const abi::Host, id: Text) -> *const c_void {
    // SAFETY: the contract says that a plugin passes the host it got, and text that lives during the call.
    let (Some(services), Some(id)) = (unsafe { (Services::of(host), text_of(id)) }) else {
        return ptr::null();
    };
    match id.as_str() {
        LOG_SERVICE => (&raw const LOG).cast(),
        COUNTER_SERVICE => (&raw const COUNTERS).cast(),
        CANCELLATION_SERVICE => (&raw const CANCELLATION).cast(),
        DEADLINE_SERVICE => (&raw const DEADLINE).cast(),
        ONNXRUNTIME_SERVICE => services.onnxruntime(),
        _ => ptr::null(),
    }
}

unsafe extern "C" fn log(host: *const abi::Host, level: LogLevel, message: Text) {
    // SAFETY: as in `get_service`.
    if let (Some(services), Some(message)) = unsafe { (Services::of(host), text_of(message)) } {
        services.log(level, &message);
    }
}

unsafe extern "C" fn add(host: *const abi::Host, name: Text, amount: u64) {
    if name.length > MAX_COUNTER_NAME_BYTES {
        return;
    }
    // SAFETY: as in `get_service`.
    if let (Some(services), Some(name)) = unsafe { (Services::of(host), text_of(name)) } {
        services.count(name, amount);
    }
}
