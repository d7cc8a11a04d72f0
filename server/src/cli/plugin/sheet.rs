//! What came out, as a table and as JSON.

use super::child::Ran;
use super::outcome::Outcome;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use undertone_plugin_host::conformance::abi_version;

/// Columns that the longest name of a case fills, and what stands in front of what is said about it.
const NAME: usize = 42;
const INDENT: usize = NAME + 11;

/// A line per case, with what must hold; several cases that were skipped for one reason share theirs.
pub(super) fn text(library: &Path, ran: &[Ran]) -> String {
    let mut text = format!("{}  contract {}\n\n", library.display(), abi_version());
    let mut rest = ran;
    while let Some(first) = rest.first() {
        let alike = rest.iter().take_while(|other| is_same_skip(&first.outcome, &other.outcome)).count();
        rest = &rest[alike.max(1)..];
        line(&mut text, first, alike);
    }
    text.push('\n');
    text.push_str(&summary(ran));
    text
}

fn is_same_skip(one: &Outcome, other: &Outcome) -> bool {
    matches!(one, Outcome::Skipped(_)) && one == other
}

fn line(text: &mut String, ran: &Ran, alike: usize) {
    let Ran { case, outcome, .. } = ran;
    let word = if outcome.is_bad() { outcome.word().to_uppercase() } else { outcome.word().to_owned() };
    let written = match outcome.detail() {
        None => writeln!(text, "  {word:<9}{:<NAME$}{}", case.name, case.rule),
        Some(detail) if outcome.is_bad() => {
            writeln!(text, "  {word:<9}{:<NAME$}{}\n{:<INDENT$}{detail}", case.name, case.rule, "")
        }
        Some(detail) if alike > 1 => {
            writeln!(text, "  {word:<9}{:<NAME$}{detail}", format!("{} and {} more", case.name, alike - 1))
        }
        Some(detail) => writeln!(text, "  {word:<9}{:<NAME$}{detail}", case.name),
    };
    written.expect("memory takes every line");
}

fn count(ran: &[Ran], word: &str) -> usize {
    ran.iter().filter(|ran| ran.outcome.word() == word).count()
}

fn summary(ran: &[Ran]) -> String {
    let words = ["passed", "failed", "crashed", "aborted", "hung", "skipped", "noted"];
    let counts = words.map(|word| (word, count(ran, word)));
    let told = counts.iter().filter(|(word, count)| *count > 0 || *word == "passed");
    told.map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Everything in one object.
pub(super) fn json(library: &Path, ran: &[Ran]) -> Value {
    let case = |ran: &Ran| {
        json!({
            "name": ran.case.name,
            "topic": ran.case.topic.name(),
            "rule": ran.case.rule,
            "outcome": ran.outcome.word(),
            "detail": ran.outcome.detail(),
            "milliseconds": u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        })
    };
    json!({
        "library": library,
        "contract": abi_version(),
        "kept": !ran.iter().any(|ran| ran.outcome.is_bad()),
        "passed": count(ran, "passed"),
        "skipped": count(ran, "skipped"),
        "noted": count(ran, "noted"),
        "bad": ran.iter().filter(|ran| ran.outcome.is_bad()).count(),
        "cases": ran.iter().map(case).collect::<Vec<_>>(),
    })
}
