//! How one side tells the other that something lies in the shared memory.

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Counts rings until somebody hears them.
#[derive(Debug)]
pub(crate) struct Doorbell(OwnedFd);

impl Doorbell {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::CLOEXEC)?))
    }

    /// The one that the other side made.
    pub(crate) fn of_file(file: OwnedFd) -> Self {
        Self(file)
    }

    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    pub(crate) fn ring(&self) -> io::Result<()> {
        rustix::io::write(&self.0, &1_u64.to_ne_bytes())?;
        Ok(())
    }

    /// Waits until it rings, and forgets that it did.
    pub(crate) fn hear(&self) -> io::Result<()> {
        let mut rings = [0; 8];
        loop {
            match rustix::io::read(&self.0, &mut rings) {
                Err(Errno::INTR) => {}
                heard => return heard.map(drop).map_err(Into::into),
            }
        }
    }
}
