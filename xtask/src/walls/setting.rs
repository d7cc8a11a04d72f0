//! What manifests and Cargo's settings may say.

use super::{SourceFile, Violation};

/// A setting that stands nowhere, written without spaces and quotes, and why.
const BANNED: [(&str, &str); 2] = [
    ("panic=abort", "every profile unwinds: the guard around a plugin's calls depends on it"),
    ("target-cpu=native", "a binary runs on machines other than the one that built it"),
];

pub(super) fn violations(files: &[SourceFile]) -> Vec<Violation> {
    let manifests =
        files.iter().filter(|file| file.path.extension().is_some_and(|extension| extension == "toml"));
    manifests.flat_map(of_file).collect()
}

fn of_file(file: &SourceFile) -> Vec<Violation> {
    let lines = file.text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text: String =
        lines.flat_map(str::chars).filter(|letter| !letter.is_whitespace() && *letter != '"').collect();
    let banned = BANNED.iter().filter(|(setting, _)| text.contains(setting));
    let violation = |(setting, reason): &(&str, &str)| Violation {
        file: file.path.clone(),
        sentence: format!("says {setting}, but {reason}"),
    };
    banned.map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        of_file(&SourceFile { path: "Cargo.toml".into(), text: text.into() }).len()
    }

    #[test]
    fn no_profile_aborts_on_panic() {
        assert_eq!(count("[profile.release]\npanic = \"abort\"\n"), 1);
        assert_eq!(count("[profile.release]\npanic = \"unwind\"\n"), 0);
    }

    #[test]
    fn no_build_is_for_this_processor_alone() {
        assert_eq!(count("[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\n"), 1);
    }

    #[test]
    fn a_comment_sets_nothing() {
        assert_eq!(count("# panic = \"abort\" would break the guard\n"), 0);
    }
}
