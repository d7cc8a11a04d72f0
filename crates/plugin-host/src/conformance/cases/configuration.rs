//! Configuring plugins.

use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, Step, Stop, must, skipped};
use crate::conformance::probe::{attempt, leaves_no_memory};
use crate::conformance::subject::Kind;
use crate::library::Library;
use crate::services::{Services, own_table};
use std::ffi::c_void;
use undertone_plugin_abi::{ABI_MINOR, Host, Status, Text};

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Configuration, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("configuration-accepted", "A good configuration makes a plugin, which can be given back.", accepted),
    case("configuration-again", "The same configuration makes a second plugin beside the first.", again),
    case("configuration-empty", "Empty text is refused.", |subject| refuses(subject, b"")),
    case("configuration-cut-off", "JSON that ends too early is refused.", |subject| {
        refuses(subject, b"{\"recipe\"")
    }),
    case("configuration-no-object", "JSON that is no object is refused.", |subject| {
        refuses(subject, b"[1, 2]")
    }),
    case("configuration-other-keys", "An object without the keys of its kind is refused.", |subject| {
        refuses(subject, b"{\"nobody\": \"knows\"}")
    }),
    case("configuration-not-utf8", "Bytes that are not UTF-8 are refused.", |subject| {
        refuses(subject, b"{\"recipe\": \"\xff\xfe\", \"graph\": \"\xff\"}")
    }),
    case("configuration-long", "A megabyte of nonsense is refused.", |subject| {
        refuses(subject, &vec![b'['; 1 << 20])
    }),
    case("configuration-words", "A refusal comes with words.", words),
    case(
        "configuration-small-buffer",
        "Words keep to a buffer of any size, and are cut between two characters.",
        small,
    ),
    case("configuration-newer-host", "A plugin works with a host of a newer minor version.", newer_host),
    case("configuration-no-services", "A host that has no service is lived with or refused.", no_services),
    case(
        "configuration-memory",
        "A plugin that is given back leaves less than half a kilobyte of memory behind.",
        memory,
    ),
];

/// A library with what its plugins are told.
fn told(subject: &Subject) -> Outcome<(&'static Library, Vec<u8>)> {
    let library = subject.load()?;
    let kind = if library.extractor.is_some() { Kind::Extractor } else { Kind::Classifier };
    let (configuration, said) = subject.configuration_of(library, kind).or_else(skipped)?;
    let made = attempt(library, configuration.as_bytes(), 1024, None)?;
    if !made.answer.is_ok() && !said {
        return skipped(format!(
            "no --configuration or --bundle was given, and {configuration} is not taken"
        ));
    }
    if !made.answer.is_ok() {
        return Err(Stop::Refused(
            Step::Configuration,
            format!("create_plugin with {configuration} answered {}", made.answer),
        ));
    }
    must(made.made, || "create_plugin answered OK and made nothing".to_owned())?;
    Ok((library, configuration.into_bytes()))
}

fn accepted(subject: &Subject) -> Outcome {
    told(subject).map(drop).map_err(|stop| stop.blamed(&[Step::Configuration]))
}

fn again(subject: &Subject) -> Outcome {
    let (library, configuration) = told(subject)?;
    let first = attempt(library, &configuration, 1024, None)?;
    let second = attempt(library, &configuration, 1024, None)?;
    must(first.answer.is_ok() && second.answer.is_ok(), || {
        format!("the second time it answered {}", second.answer)
    })
}

fn refuses(subject: &Subject, configuration: &[u8]) -> Outcome {
    let made = attempt(subject.load()?, configuration, 1024, None)?;
    must(made.answer.status == Status::REFUSED, || format!("create_plugin answered {}", made.answer))?;
    must(!made.made, || "it refused and wrote to the place for the plugin".to_owned())
}

fn words(subject: &Subject) -> Outcome {
    let made = attempt(subject.load()?, b"", 1024, None)?;
    must(made.answer.is_ok() || !made.answer.words.trim().is_empty(), || "it gave no reason".to_owned())
}

fn small(subject: &Subject) -> Outcome {
    let library = subject.load()?;
    for capacity in (0..=16).chain([63, 64, 65]) {
        attempt(library, "{\"recipe\": \"äöü漢字\", \"graph\": \"äöü漢字\"}".as_bytes(), capacity, None)?;
        attempt(library, b"", capacity, None)?;
    }
    Ok(())
}

fn newer_host(subject: &Subject) -> Outcome {
    let (library, configuration) = told(subject)?;
    let size = (size_of::<Host>() + 2 * size_of::<usize>()) as u32;
    let table = Host { size, abi_minor: ABI_MINOR + 1, ..own_table() };
    let newer = Services::leak_as(&library.name, subject.onnxruntime(), table);
    attempt(library, &configuration, 1024, Some(newer.table()))?.answer.ok("create_plugin of a newer host")
}

unsafe extern "C" fn no_service(_host: *const Host, _id: Text) -> *const c_void {
    std::ptr::null()
}

fn no_services(subject: &Subject) -> Outcome {
    let (library, configuration) = told(subject)?;
    let table = Host { get_service: Some(no_service), ..own_table() };
    let bare = Services::leak_as(&library.name, subject.onnxruntime(), table);
    let made = attempt(library, &configuration, 1024, Some(bare.table()))?;
    must(made.answer.is_ok() || !made.answer.words.trim().is_empty(), || {
        "it refuses to work without services and does not say which one it needs".to_owned()
    })
}

fn memory(subject: &Subject) -> Outcome {
    let (library, configuration) = told(subject)?;
    leaves_no_memory((8, 512), "plugins made and given back", || {
        attempt(library, &configuration, 1024, None)?.answer.ok("create_plugin")
    })
}
