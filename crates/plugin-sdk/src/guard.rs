//! Keeps panics on this side of the boundary.

use crate::Failure;
use crate::memory::write_text;
use core::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use undertone_plugin_abi::{Status, TextBuffer};

/// Runs `work`; a panic becomes its text.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // After a panic the caller never uses what `work` touched again, so nobody sees it half changed.
    catch_unwind(AssertUnwindSafe(work)).map_err(panic_text)
}

/// Runs `work` on something that is not used again when it fails.
pub(crate) fn report(error: &mut TextBuffer, work: impl FnOnce() -> Result<(), Failure>) -> Status {
    match catch(work) {
        Ok(Ok(())) => Status::OK,
        Ok(Err(failure)) => failure.report(error),
        Err(panic) => Failure::Failed(panic).report(error),
    }
}

/// An instance that is used no more once a call of it panicked.
pub(crate) struct Guarded<I> {
    instance: I,
    poison: Option<String>,
}

impl<I> Guarded<I> {
    pub(crate) fn new(instance: I) -> Self {
        Self { instance, poison: None }
    }

    /// Runs `work`, unless an earlier call panicked, and reports how it ended.
    pub(crate) fn run(
        &mut self,
        error: &mut TextBuffer,
        work: impl FnOnce(&mut I) -> Result<(), Failure>,
    ) -> Status {
        match self.attempt(work) {
            Some(Ok(())) => Status::OK,
            Some(Err(failure)) => failure.report(error),
            None => {
                write_text(error, self.poison.as_deref().unwrap_or_default());
                Status::POISONED
            }
        }
    }

    /// Runs `work`; `None` when it, or an earlier call, panicked.
    pub(crate) fn attempt<T>(&mut self, work: impl FnOnce(&mut I) -> T) -> Option<T> {
        if self.poison.is_some() {
            return None;
        }
        match catch(|| work(&mut self.instance)) {
            Ok(result) => Some(result),
            Err(panic) => {
                self.poison = Some(panic);
                None
            }
        }
    }
}

fn panic_text(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => format!("panicked: {text}"),
        Err(payload) => match payload.downcast::<&str>() {
            Ok(text) => format!("panicked: {text}"),
            Err(payload) => {
                // Dropping a payload of the author's own type could panic again.
                core::mem::forget(payload);
                "panicked".to_owned()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(
        guarded: &mut Guarded<u32>,
        work: impl FnOnce(&mut u32) -> Result<(), Failure>,
    ) -> (Status, String) {
        let mut bytes = [0_u8; 64];
        let mut error = TextBuffer { data: bytes.as_mut_ptr().cast(), capacity: bytes.len(), length: 0 };
        let status = guarded.run(&mut error, work);
        (status, String::from_utf8_lossy(&bytes[..error.length]).into_owned())
    }

    #[test]
    fn after_a_panic_every_call_reports_it_and_runs_nothing() {
        let mut guarded = Guarded::new(0);
        assert_eq!(call(&mut guarded, |_| panic!("no {}", 7)), (Status::POISONED, "panicked: no 7".into()));
        let later = call(&mut guarded, |_| unreachable!("poisoned instances are not run"));
        assert_eq!(later, (Status::POISONED, "panicked: no 7".into()));
    }

    #[test]
    fn a_refusal_leaves_the_instance_usable() {
        let mut guarded = Guarded::new(0);
        let refused = call(&mut guarded, |_| Err(Failure::refused("too short")));
        assert_eq!(refused, (Status::REFUSED, "too short".into()));
        assert_eq!(call(&mut guarded, |_| Ok(())), (Status::OK, String::new()));
    }
}
