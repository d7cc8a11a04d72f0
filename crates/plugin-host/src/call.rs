//! A call of classify while it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use undertone_plugin_abi as abi;

/// A run that takes longer comes too late for whoever waits.
pub(crate) const RUN_LIMIT: Duration = Duration::from_secs(30);

/// What a plugin may ask about the call that it is in.
#[derive(Debug)]
pub(crate) struct RunningCall<'a> {
    deadline: Instant,
    cancelled: &'a AtomicBool,
}

impl<'a> RunningCall<'a> {
    /// A call that starts now, with the usual limit.
    pub(crate) fn start(cancelled: &'a AtomicBool) -> Self {
        Self::within(RUN_LIMIT, cancelled)
    }

    /// A call that starts now and may take as long as `limit`.
    pub(crate) fn within(limit: Duration, cancelled: &'a AtomicBool) -> Self {
        Self { deadline: Instant::now() + limit, cancelled }
    }

    /// What the plugin gets; good for as long as `self`.
    pub(crate) fn handle(&self) -> *const abi::Call {
        std::ptr::from_ref(self).cast()
    }

    /// Function of the service "undertone.cancellation/1".
    pub(crate) unsafe extern "C" fn is_cancelled(call: *const abi::Call) -> bool {
        // SAFETY: the contract says that a plugin passes the call that it is in.
        unsafe { call.cast::<RunningCall<'_>>().as_ref() }
            .is_some_and(|call| call.cancelled.load(Ordering::Relaxed))
    }

    /// Function of the service "undertone.deadline/1".
    pub(crate) unsafe extern "C" fn remaining_nanoseconds(call: *const abi::Call) -> u64 {
        // SAFETY: as above.
        unsafe { call.cast::<RunningCall<'_>>().as_ref() }.map_or(0, |call| {
            let remaining = call.deadline.saturating_duration_since(Instant::now());
            u64::try_from(remaining.as_nanos()).unwrap_or(u64::MAX)
        })
    }
}
