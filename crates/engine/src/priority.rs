//! Who goes first where threads want the same core.

/// Lets threads of a lower `nice` go before this one, for as long as it lives; 0 changes nothing.
#[cfg(target_os = "linux")]
pub(crate) fn make_way(nice: u8) {
    if nice == 0 {
        return;
    }
    // The system takes a thread's identifier where others have only that of a process.
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), nice.into()) {
        let thread = std::thread::current();
        tracing::warn!(%error, thread = thread.name(), "a thread runs at the priority of everybody else");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn make_way(_: u8) {}
