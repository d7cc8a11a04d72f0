//! How a call ended, and why a stream did.

/// How a call or one item of it ended. Unknown values count as failed.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub i32);

impl Status {
    /// Done.
    pub const OK: Self = Self(0);
    /// This input cannot be worked with. The object is as good as before and the same call fails again.
    pub const REFUSED: Self = Self(1);
    /// The object failed. An instance is not used again, except to be deactivated and destroyed.
    pub const FAILED: Self = Self(2);
    /// This or an earlier call panicked; the error text is that of the panic. Treated as failed.
    pub const POISONED: Self = Self(3);
    /// The host's wish to cancel was followed. The object is as good as before.
    pub const CANCELLED: Self = Self(4);
}

/// Why a stream ended. Unknown values count as FAILED.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndReason(pub u32);

impl EndReason {
    /// The client finished and got everything.
    pub const FINISHED: Self = Self(0);
    /// The client went away or cancelled.
    pub const CANCELLED: Self = Self(1);
    /// An idle or maximum duration was over.
    pub const TIMED_OUT: Self = Self(2);
    /// The stream failed.
    pub const FAILED: Self = Self(3);
    /// The server drained.
    pub const DRAINED: Self = Self(4);
    /// The stream goes on, but what was heard so far is to be forgotten.
    pub const RESET: Self = Self(5);
}
