//! Text from plugins, and how their calls ended.

use undertone_core::PluginError;
use undertone_plugin_abi::{MAX_TEXT_BYTES, Status, Text, TextBuffer};

/// Room for the words of one error.
pub(crate) const ERROR_BYTES: usize = 1024;

/// Copies text that a plugin points at; `None` when it is null, too long or not UTF-8.
///
/// # Safety
/// Unless it is null, `text` points at `length` bytes that live during the call.
pub(crate) unsafe fn text_of(text: Text) -> Option<String> {
    if text.length == 0 {
        return Some(String::new());
    }
    if text.data.is_null() || text.length > MAX_TEXT_BYTES {
        return None;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length) };
    str::from_utf8(bytes).ok().map(str::to_owned)
}

/// What a plugin wrote into a buffer of `bytes`.
pub(crate) fn words(bytes: &[u8], length: usize) -> String {
    let written = &bytes[..length.min(bytes.len())];
    if written.is_empty() {
        "it gave no reason".to_owned()
    } else {
        String::from_utf8_lossy(written).into_owned()
    }
}

/// A call that did not end well.
#[derive(Debug)]
pub(crate) struct Failed {
    /// For the caller.
    pub(crate) error: PluginError,
    /// Whether the object must not be used again.
    pub(crate) broken: bool,
}

/// Makes a call of `plugin` that reports a status and words; `what` names it for humans.
pub(crate) fn call(
    plugin: &str,
    what: &str,
    run: impl FnOnce(*mut TextBuffer) -> Status,
) -> Result<(), Failed> {
    let mut bytes = [0_u8; ERROR_BYTES];
    let mut buffer = TextBuffer { data: bytes.as_mut_ptr().cast(), capacity: bytes.len(), length: 0 };
    let status = run(&raw mut buffer);
    if status == Status::OK {
        return Ok(());
    }
    let message = words(&bytes, buffer.length);
    let broken = !matches!(status, Status::REFUSED | Status::CANCELLED);
    Err(Failed { error: error_of(plugin, what, status, message), broken })
}

/// The error for a call or an item that did not end with OK.
pub(crate) fn error_of(plugin: &str, what: &str, status: Status, message: String) -> PluginError {
    let (plugin, what) = (plugin.to_owned(), what.to_owned());
    match status {
        Status::REFUSED => PluginError::Refused { plugin, what, message },
        _ => PluginError::Failed { plugin, what, message },
    }
}

/// The error for a plugin that broke the contract.
pub(crate) fn breach(plugin: &str, what: &str, message: impl Into<String>) -> Failed {
    Failed { error: error_of(plugin, what, Status::FAILED, message.into()), broken: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_behind_the_buffer_is_not_believed() {
        let failed = call("p", "run", |buffer| {
            // SAFETY: the buffer is lent for the call.
            unsafe { (*buffer).length = usize::MAX };
            Status::FAILED
        });
        assert!(failed.expect_err("failed").broken);
    }

    #[test]
    fn a_refusal_does_not_break_the_object() {
        let failed = call("p", "run", |_| Status::REFUSED).expect_err("refused");
        assert!(!failed.broken);
        assert_eq!(failed.error.to_string(), "plugin p refused run: it gave no reason");
    }

    #[test]
    fn an_unknown_status_counts_as_failed() {
        assert!(call("p", "run", |_| Status(77)).expect_err("failed").broken);
    }
}
