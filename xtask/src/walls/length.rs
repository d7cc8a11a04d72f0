//! How long a Rust file may be.

use super::{SourceFile, Violation};

/// Above this a file is split.
const LIMIT_LINES: usize = 400;
/// Above this a file is mentioned.
const LONG_LINES: usize = 300;

pub(super) fn violations(files: &[SourceFile]) -> Vec<Violation> {
    let over = rust(files).filter(|(_, lines)| *lines > LIMIT_LINES);
    let violation = |(file, lines): (&SourceFile, usize)| Violation {
        file: file.path.clone(),
        sentence: format!("has {lines} lines, and a file is split at {LIMIT_LINES}"),
    };
    over.map(violation).collect()
}

/// A line of text for each file that comes near the limit.
pub(super) fn long_files(files: &[SourceFile]) -> Vec<String> {
    let long = rust(files).filter(|(_, lines)| (LONG_LINES + 1..=LIMIT_LINES).contains(lines));
    long.map(|(file, lines)| format!("{} has {lines} lines", file.path.display())).collect()
}

fn rust(files: &[SourceFile]) -> impl Iterator<Item = (&SourceFile, usize)> {
    let rust = files.iter().filter(|file| file.path.extension().is_some_and(|extension| extension == "rs"));
    rust.map(|file| (file, file.text.lines().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: usize) -> [SourceFile; 1] {
        [SourceFile { path: "server/src/lib.rs".into(), text: "x\n".repeat(lines) }]
    }

    #[test]
    fn a_file_is_split_above_the_limit() {
        assert!(violations(&file(LIMIT_LINES)).is_empty());
        assert_eq!(violations(&file(LIMIT_LINES + 1)).len(), 1);
    }

    #[test]
    fn a_file_near_the_limit_is_mentioned() {
        assert!(long_files(&file(LONG_LINES)).is_empty());
        assert_eq!(long_files(&file(LIMIT_LINES)).len(), 1);
    }
}
