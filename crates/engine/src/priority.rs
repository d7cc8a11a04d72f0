//! Who goes first where threads want the same core.

/// Lets threads of a lower `nice` go before this one, for as long as it lives. One that stands back further already stays there;
/// outside Linux, where priorities are those of processes, nothing happens.
#[cfg(target_os = "linux")]
pub(crate) fn make_way(nice: u8) {
    use rustix::process::{getpriority_process, setpriority_process};

    // The system takes a thread's identifier where others have only that of a process.
    let own = Some(rustix::thread::gettid());
    let made = getpriority_process(own).and_then(|now| match i32::from(nice) {
        nice if nice > now => setpriority_process(own, nice),
        _ => Ok(()),
    });
    if let Err(error) = made {
        let thread = std::thread::current();
        tracing::warn!(%error, thread = thread.name(), "a thread does not make way for others");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn make_way(_: u8) {}
