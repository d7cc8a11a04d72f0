//! The plugin contract, case by case.
//!
//! A case takes a library and goes through one sentence of `docs/plugin-abi.md`. It runs the plugin's code in the calling
//! process, so whoever does not trust the plugin runs each case in a process of its own, with a limit to its time: a
//! plugin may crash, abort or never return.

mod cases;
mod outcome;
mod probe;
mod subject;

use outcome::Stop;
pub use subject::Subject;

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The library before any of its functions runs.
    Library,
    /// Configuring plugins.
    Configuration,
    /// Samples to frames.
    Extractor,
    /// Frames to scores.
    Classifier,
    /// Classifiers that carry state.
    State,
}

impl Topic {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Configuration => "configuration",
            Self::Extractor => "extractor",
            Self::Classifier => "classifier",
            Self::State => "state",
        }
    }
}

/// Something that must hold of every plugin.
#[derive(Debug)]
pub struct Case {
    /// Its name; begins with the topic's.
    pub name: &'static str,
    /// What must hold, one sentence.
    pub rule: &'static str,
    /// What it is about.
    pub topic: Topic,
    check: fn(&Subject) -> Result<(), Stop>,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The rule holds.
    Passed,
    /// It does not, and where.
    Failed(String),
    /// It could not be looked at, and why.
    Skipped(String),
    /// The rule is one that a plugin need not keep, and this one does not: how.
    Noted(String),
}

impl Case {
    /// Looks whether the rule holds of `subject`. May crash or never return, as the plugin pleases.
    pub fn run(&self, subject: &Subject) -> Verdict {
        match (self.check)(subject) {
            Ok(()) => Verdict::Passed,
            Err(Stop::Broken(what)) => Verdict::Failed(what),
            Err(Stop::Skipped(why)) => Verdict::Skipped(why),
            Err(Stop::Noted(what)) => Verdict::Noted(what),
            Err(Stop::Refused(_, why)) => Verdict::Skipped(format!("another case fails before: {why}")),
        }
    }
}

/// All cases, in the order in which a reader wants to know.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    cases::ALL.iter().copied().flatten()
}

/// The version of the contract that the cases are about.
pub fn abi_version() -> String {
    format!("{}.{}", undertone_plugin_abi::ABI_MAJOR, undertone_plugin_abi::ABI_MINOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_has_a_name_of_its_own_and_one_sentence() {
        let names: BTreeSet<_> = cases().map(|case| case.name).collect();
        assert_eq!(names.len(), cases().count());
        for case in cases() {
            assert!(case.name.starts_with(case.topic.name()), "{}", case.name);
            assert!(case.rule.ends_with('.') && !case.rule.contains(". "), "{}: {}", case.name, case.rule);
        }
    }
}
