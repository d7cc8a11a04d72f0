//! What the host does for a plugin.

use crate::memory::slice_of;
use core::ffi::c_void;
use core::time::Duration;
use undertone_plugin_abi::{
    self as abi, CANCELLATION_SERVICE, COUNTER_SERVICE, CancellationService, CounterService,
    DEADLINE_SERVICE, DeadlineService, LOG_SERVICE, LogService, ONNXRUNTIME_SERVICE, Text,
};

pub use undertone_plugin_abi::LogLevel;

/// The host's services. A service that the host does not have does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    raw: &'static abi::Host,
    log: Option<&'static LogService>,
    counters: Option<&'static CounterService>,
    cancellation: Option<&'static CancellationService>,
    deadline: Option<&'static DeadlineService>,
}

impl Host {
    /// # Safety
    /// `raw` is what create_plugin got from a host of the same major version.
    pub(crate) unsafe fn new(raw: &'static abi::Host) -> Self {
        // SAFETY: each id stands beside the table that the contract gives it.
        unsafe {
            Self {
                raw,
                log: table(raw, LOG_SERVICE),
                counters: table(raw, COUNTER_SERVICE),
                cancellation: table(raw, CANCELLATION_SERVICE),
                deadline: table(raw, DEADLINE_SERVICE),
            }
        }
    }

    /// Writes one line to the host's log.
    pub fn log(&self, level: LogLevel, message: &str) {
        if let Some(log) = self.log.and_then(|service| service.log) {
            // SAFETY: the host lives as long as the process; the text is borrowed for the call.
            unsafe { log(self.raw, level, Text::new(message)) };
        }
    }

    /// Adds to a counter of this plugin.
    pub fn count(&self, name: &str, amount: u64) {
        if let Some(add) = self.counters.and_then(|service| service.add) {
            // SAFETY: as in `log`.
            unsafe { add(self.raw, Text::new(name), amount) };
        }
    }

    /// ONNX Runtime's `const OrtApiBase *`; `None` when the host could not load it.
    pub fn onnxruntime(&self) -> Option<*const c_void> {
        let base = service(self.raw, ONNXRUNTIME_SERVICE);
        (!base.is_null()).then_some(base)
    }
}

/// One call of classify, as the host sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    host: &'a Host,
    raw: *const abi::Call,
}

impl<'a> Call<'a> {
    pub(crate) fn new(host: &'a Host, raw: *const abi::Call) -> Self {
        Self { host, raw }
    }

    /// Whether nobody waits for the result any more; worth asking when much is left to do.
    pub fn is_cancelled(&self) -> bool {
        // SAFETY: `raw` came with the call, which `'a` does not outlive.
        self.host
            .cancellation
            .and_then(|service| service.is_cancelled)
            .is_some_and(|ask| unsafe { ask(self.raw) })
    }

    /// Time until the result comes too late; `None` when the host does not tell.
    pub fn remaining(&self) -> Option<Duration> {
        let ask = self.host.deadline?.remaining_nanoseconds?;
        // SAFETY: as in `is_cancelled`.
        Some(Duration::from_nanos(unsafe { ask(self.raw) }))
    }
}

fn service(raw: &'static abi::Host, id: &str) -> *const c_void {
    // SAFETY: the host lives as long as the process; the id is borrowed for the call.
    raw.get_service.map_or(core::ptr::null(), |get| unsafe { get(raw, Text::new(id)) })
}

/// The table of a service, unless the host does not have it or has a shorter one.
///
/// # Safety
/// The contract gives `T` to `id`, and `T` starts with its size.
unsafe fn table<T>(raw: &'static abi::Host, id: &str) -> Option<&'static T> {
    let table = service(raw, id);
    // SAFETY: unless it is null, every table starts with its size, and services live as long as the process.
    let size = unsafe { slice_of(table.cast::<u32>(), usize::from(!table.is_null())) }.first()?;
    // SAFETY: the table is a T of at least that size.
    (*size as usize >= size_of::<T>()).then(|| unsafe { &*table.cast::<T>() })
}
