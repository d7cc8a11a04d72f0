//! Where strangers' bytes come in: each target takes any bytes and must neither panic, nor hang, nor break a promise that it
//! checks. The programs in `fuzz/` feed them with what a fuzzer finds; the tests here with changes of inputs that are right.
#![forbid(unsafe_code)]

mod archive;
mod audio;
mod manifest;
mod messages;
mod mutation;
mod shared_memory;

pub use mutation::Mutation;

/// A place where strangers' bytes come in.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its program in `fuzz/`.
    pub name: &'static str,
    /// Takes the bytes.
    ///
    /// # Panics
    /// When a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs that are right, or wrong in one way, to begin from.
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// Whether an input is understood; what is right in [`Self::corpus`] must be.
    pub is_understood: fn(&[u8]) -> bool,
}

/// All of them.
pub const TARGETS: [Target; 6] =
    [archive::TARGET, audio::FLAC, audio::WAV, manifest::TARGET, messages::TARGET, shared_memory::TARGET];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
