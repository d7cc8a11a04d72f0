//! Checksums of fetched files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

/// Fails unless the file's SHA-256 is `expected`, lower-case hexadecimal.
pub(crate) fn verify(file: &Path, expected: &str) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(
        found == expected,
        "{} has the checksum {found} where {expected} is expected; delete it and try again",
        file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_another_checksum_is_refused() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let error = verify(&file, "00").unwrap_err().to_string();
        assert!(error.contains("delete it and try again"), "{error}");
    }
}
