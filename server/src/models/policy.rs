//! Which versions of a model are served.

use semver::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Which versions of a model are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionPolicy {
    /// So many of the latest, at least one. A pre-release counts as older than every release.
    Latest(usize),
    /// These and no others.
    Pinned(Vec<Version>),
}

/// The policy of every model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// For models that are not named.
    pub usual: VersionPolicy,
    /// By the model's name.
    pub of_model: BTreeMap<String, VersionPolicy>,
}

impl VersionPolicy {
    /// Those of `versions` that are served, the one that answers for the model's name first.
    pub fn keep(&self, mut versions: Vec<Version>) -> Vec<Version> {
        versions.sort_by(|a, b| (b.pre.is_empty(), b).cmp(&(a.pre.is_empty(), a)));
        versions.dedup();
        match self {
            Self::Latest(count) => versions.truncate(*count),
            Self::Pinned(pinned) => versions.retain(|version| pinned.contains(version)),
        }
        versions
    }
}

impl Policies {
    /// The policy of the model `name`.
    pub fn of(&self, name: &str) -> &VersionPolicy {
        self.of_model.get(name).unwrap_or(&self.usual)
    }
}

impl FromStr for VersionPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "give \"latest\", \"latest 2\" or \"pinned 1.0.0 1.1.0\"".to_owned();
        let mut words = text.split_whitespace();
        match words.next() {
            Some("latest") => {
                let count = words.next().map_or(Some(1), |word| word.parse().ok().filter(|&count| count > 0));
                count.filter(|_| words.next().is_none()).map(Self::Latest).ok_or_else(wrong)
            }
            Some("pinned") => {
                let versions: Option<Vec<Version>> = words.map(|word| Version::parse(word).ok()).collect();
                versions.filter(|versions| !versions.is_empty()).map(Self::Pinned).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for VersionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest(1) => f.write_str("latest"),
            Self::Latest(count) => write!(f, "latest {count}"),
            Self::Pinned(versions) => {
                f.write_str("pinned")?;
                versions.iter().try_for_each(|version| write!(f, " {version}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(policy: &str, versions: &[&str]) -> Vec<String> {
        let versions = versions.iter().map(|version| Version::parse(version).expect("a version")).collect();
        let policy: VersionPolicy = policy.parse().expect("a policy");
        policy.keep(versions).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_latest_are_kept_by_number_and_not_by_spelling() {
        assert_eq!(kept("latest", &["1.9.0", "1.10.0", "1.2.0"]), ["1.10.0"]);
        assert_eq!(kept("latest 2", &["1.9.0", "1.10.0", "1.2.0"]), ["1.10.0", "1.9.0"]);
        assert_eq!(kept("latest 5", &["1.0.0"]), ["1.0.0"]);
    }

    #[test]
    fn a_pre_release_is_kept_only_where_there_are_too_few_releases() {
        assert_eq!(kept("latest", &["1.0.0", "2.0.0-rc.1"]), ["1.0.0"]);
        assert_eq!(kept("latest 2", &["1.0.0", "2.0.0-rc.1"]), ["1.0.0", "2.0.0-rc.1"]);
        assert_eq!(kept("latest", &["2.0.0-rc.1"]), ["2.0.0-rc.1"]);
    }

    #[test]
    fn pinned_versions_are_kept_and_no_others() {
        assert_eq!(kept("pinned 1.0.0 1.1.0", &["1.0.0", "1.1.0", "1.2.0"]), ["1.1.0", "1.0.0"]);
        assert!(kept("pinned 3.0.0", &["1.0.0"]).is_empty());
    }

    #[test]
    fn a_policy_that_is_spelled_wrongly_is_refused() {
        for wrong in ["", "newest", "latest 0", "latest two", "latest 1 2", "pinned", "pinned one"] {
            assert!(wrong.parse::<VersionPolicy>().is_err(), "{wrong:?}");
        }
        for right in ["latest", "latest 3", "pinned 1.0.0 1.1.0"] {
            assert_eq!(right.parse::<VersionPolicy>().expect("spelled well").to_string(), right);
        }
    }
}
