//! Which versions of the contract this host works with.

use undertone_plugin_abi::{ABI_MAJOR, ABI_MINOR};

/// Whether this host works with what was made for the version `major.minor`.
pub(crate) fn is_spoken(major: u32, minor: u32) -> bool {
    major == ABI_MAJOR && ABI_MINOR.checked_sub(minor).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_minor_and_any_other_major_version_are_not_spoken() {
        assert!(is_spoken(ABI_MAJOR, ABI_MINOR));
        assert!(!is_spoken(ABI_MAJOR, ABI_MINOR + 1));
        assert!(!is_spoken(ABI_MAJOR + 1, ABI_MINOR));
        assert!(!is_spoken(ABI_MAJOR - 1, ABI_MINOR));
    }
}
