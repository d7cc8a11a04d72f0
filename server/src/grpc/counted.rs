//! Counts each call once, whichever way it ends.

use crate::recognition::Recognition;
use tonic::Code;

/// A call that is being answered. Counted as cancelled when it is dropped, as calls are whose client leaves.
pub(super) struct CountedCall<'own> {
    recognition: &'own Recognition,
    method: &'static str,
    is_settled: bool,
}

impl<'own> CountedCall<'own> {
    pub(super) fn new(recognition: &'own Recognition, method: &'static str) -> Self {
        Self { recognition, method, is_settled: false }
    }

    /// The call is over.
    pub(super) fn ended(mut self, code: Code) {
        self.is_settled = true;
        self.recognition.count_call(self.method, code);
    }

    /// The call is carried on by a task that counts it at its end.
    pub(super) fn goes_on(mut self) {
        self.is_settled = true;
    }
}

impl Drop for CountedCall<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.recognition.count_call(self.method, Code::Cancelled);
        }
    }
}
