//! How one side tells the other that something lies in the shared memory: a pipe with a byte for each ring.
//!
//! A pipe has two ends, and what one side does with its own cannot make the other wait: those of the server never block,
//! whatever the process writes, leaves in the pipe or closes.

use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// More rings than this in one go are heard as several.
const RINGS: usize = 64;

/// Rings.
#[derive(Debug)]
pub(crate) struct Button(OwnedFd);

/// Is rung.
#[derive(Debug)]
pub(crate) struct Bell(OwnedFd);

/// A bell to hear in the process, whose button never makes the server wait.
pub(crate) fn to_process() -> io::Result<(Button, OwnedFd)> {
    let (bell, button) = io::pipe()?;
    rustix::io::ioctl_fionbio(&button, true)?;
    Ok((Button(button.into()), bell.into()))
}

/// A bell to hear in the server, which never waits for it, and its button for the process.
pub(crate) fn from_process() -> io::Result<(Bell, OwnedFd)> {
    let (bell, button) = io::pipe()?;
    rustix::io::ioctl_fionbio(&bell, true)?;
    Ok((Bell(bell.into()), button.into()))
}

impl Button {
    /// The one that the other side made.
    pub(crate) fn of_file(file: OwnedFd) -> Self {
        Self(file)
    }

    /// # Errors
    /// When nobody hears it, or the pipe is full.
    pub(crate) fn ring(&self) -> io::Result<()> {
        rustix::io::write(&self.0, &[1])?;
        Ok(())
    }
}

impl Bell {
    /// The one that the other side made.
    pub(crate) fn of_file(file: OwnedFd) -> Self {
        Self(file)
    }

    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Forgets that it rang; waits until it does, unless it is of the server.
    ///
    /// # Errors
    /// When nobody can ring it any more, or, in the server, nobody has.
    pub(crate) fn hear(&self) -> io::Result<()> {
        let mut rings = [0_u8; RINGS];
        loop {
            match rustix::io::read(&self.0, &mut rings) {
                Err(Errno::INTR) => {}
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                heard => return heard.map(drop).map_err(Into::into),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_heard_once_and_the_server_never_waits_for_one() {
        let (bell, button) = from_process().expect("a pipe");
        assert_eq!(bell.hear().expect_err("nobody rang").kind(), io::ErrorKind::WouldBlock);
        let button = Button::of_file(button);
        button.ring().expect("there is room");
        bell.hear().expect("it rang");
        assert_eq!(bell.hear().expect_err("once").kind(), io::ErrorKind::WouldBlock);
        drop(button);
        assert_eq!(bell.hear().expect_err("nobody is there").kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_process_that_does_not_hear_never_makes_the_server_wait() {
        let (button, bell) = to_process().expect("a pipe");
        let full = std::iter::repeat_with(|| button.ring()).find_map(Result::err);
        assert_eq!(full.expect("a pipe has an end").kind(), io::ErrorKind::WouldBlock);
        drop(bell);
        assert_eq!(button.ring().expect_err("nobody is there").kind(), io::ErrorKind::BrokenPipe);
    }
}
