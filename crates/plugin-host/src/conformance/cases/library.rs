//! The library as a file.

use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, Step, broken, must, skipped};
use crate::conformance::probe::{RawEntry, processor_time};
use crate::elf;
use std::time::Duration;
use undertone_plugin_abi::ENTRY_SYMBOL;

/// More processor time than this is not loading but working.
const MOST_LOADING: Duration = Duration::from_millis(500);

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Library, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("library-exports-entry", "The library exports undertone_plugin_entry.", exports_entry),
    case("library-exports-one-symbol", "The library exports no symbol but the entry.", exports_nothing_else),
    case("library-loads", "The library loads with all its symbols resolved, and its entry is found.", loads),
    case(
        "library-loads-fast",
        "Loading the library costs less than half a second of a processor.",
        loads_fast,
    ),
    case(
        "library-file-name",
        "The file is named libundertone_plugin_NAME.so after the plugin's own name.",
        file_name,
    ),
    case("library-accepted", "The host accepts the library.", |subject| {
        subject.load().map(drop).map_err(|stop| stop.blamed(&[Step::Library]))
    }),
];

fn exported(subject: &Subject) -> Outcome<Vec<String>> {
    let file = std::fs::read(subject.path()?).or_else(|why| broken(why.to_string()))?;
    elf::exported(&file).map_or_else(|| skipped("the file is no 64-bit little-endian ELF library"), Ok)
}

fn is_entry(name: &str) -> bool {
    ENTRY_SYMBOL.to_str() == Ok(name)
}

fn exports_entry(subject: &Subject) -> Outcome {
    let names = exported(subject)?;
    must(names.iter().any(|name| is_entry(name)), || format!("it exports {names:?}"))
}

fn exports_nothing_else(subject: &Subject) -> Outcome {
    let names: Vec<_> = exported(subject)?.into_iter().filter(|name| !is_entry(name)).collect();
    must(names.is_empty(), || format!("it exports {names:?}, too; declare them static or hidden"))
}

fn loads(subject: &Subject) -> Outcome {
    RawEntry::load(&subject.path()?).map(drop)
}

fn loads_fast(subject: &Subject) -> Outcome {
    let path = subject.path()?;
    let Some(before) = processor_time() else { return skipped("the system does not tell processor time") };
    RawEntry::load(&path)?;
    let spent = processor_time().unwrap_or(before).saturating_sub(before);
    must(spent < MOST_LOADING, || format!("loading took {} ms of a processor", spent.as_millis()))
}

fn file_name(subject: &Subject) -> Outcome {
    let expected = format!("libundertone_plugin_{}.so", subject.load()?.name);
    let found = subject.path()?.file_name().unwrap_or_default().to_string_lossy().into_owned();
    must(found == expected, || format!("it is named {found}, the host looks for {expected}"))
}
