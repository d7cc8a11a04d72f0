//! The entry and the tables that it points to.

use super::together::on_threads;
use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, Step, broken, must};
use crate::conformance::probe::{RawEntry, RawTable, known_text};
use crate::functions::{ClassifierFunctions, EntryFunctions, ExtractorFunctions};
use crate::version::is_spoken;
use undertone_plugin_abi::{
    ABI_MAJOR, ABI_MINOR, ClassifierTable, Entry, ExtractorTable, STREAM_STATE_EXTENSION, StreamStateTable,
    Text,
};

const MOST_NAME_BYTES: usize = 64;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Library, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case(
        "library-major-version",
        "The library was built for the major version that this host speaks.",
        major,
    ),
    case(
        "library-minor-version",
        "The library was built for no newer minor version than this host's.",
        minor,
    ),
    case("library-table-sizes", "Every table is as long as its version says.", table_sizes),
    case("library-reserved-zero", "What is reserved in entry and tables is zero.", reserved),
    case("library-name", "The plugin's name has 1 to 64 lower-case letters, digits, - and _.", name),
    case(
        "library-version",
        "The plugin's version is UTF-8 text of 1 to 64 bytes without line breaks.",
        version,
    ),
    case("library-kind", "The library holds an extractor or a classifier.", kind),
    case("library-no-null-function", "No function of entry and tables is null.", no_null),
    case(
        "library-unknown-extension",
        "An extension that nobody knows is answered with null.",
        unknown_extension,
    ),
    case(
        "library-extension-constant",
        "An extension is the same table each time and on every thread.",
        constant,
    ),
];

fn load(subject: &Subject) -> Outcome<RawEntry> {
    RawEntry::load(&subject.path()?)
}

fn major(subject: &Subject) -> Outcome {
    let (major, minor) = load(subject)?.version();
    must(major == ABI_MAJOR, || {
        format!("it was built for {major}.{minor}, this host speaks {ABI_MAJOR}.{ABI_MINOR}")
    })
}

fn minor(subject: &Subject) -> Outcome {
    let (major, minor) = load(subject)?.version();
    must(major != ABI_MAJOR || is_spoken(major, minor), || {
        format!("it was built for {major}.{minor}, this host speaks {ABI_MAJOR}.{ABI_MINOR}")
    })
}

/// Entry and tables, each with its name and its least size.
fn tables(entry: &Entry) -> Vec<(&'static str, RawTable, usize)> {
    let head = RawTable { size: entry.size as usize, reserved: entry.reserved };
    let mut tables = vec![("the entry", head, size_of::<Entry>())];
    let extractor = RawTable::of_extractor(entry);
    tables.extend(extractor.map(|table| ("the extractor table", table, size_of::<ExtractorTable>())));
    let classifier = RawTable::of_classifier(entry);
    tables.extend(classifier.map(|table| ("the classifier table", table, size_of::<ClassifierTable>())));
    tables
}

fn table_sizes(subject: &Subject) -> Outcome {
    let entry = load(subject)?.known().map_err(|stop| stop.blamed(&[Step::Size]))?;
    for (name, table, least) in tables(entry) {
        must(table.size >= least, || format!("{name} has {} bytes, {least} are the fewest", table.size))?;
    }
    Ok(())
}

fn reserved(subject: &Subject) -> Outcome {
    for (name, table, _) in tables(load(subject)?.known()?) {
        must(table.reserved == 0, || format!("{name} has {} there", table.reserved))?;
    }
    Ok(())
}

fn name(subject: &Subject) -> Outcome {
    let Some(name) = known_text(load(subject)?.known()?.name) else { return broken("its name is no text") };
    let spelled =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
    must((1..=MOST_NAME_BYTES).contains(&name.len()) && name.chars().all(spelled), || {
        format!("its name is {name:?}")
    })
}

fn version(subject: &Subject) -> Outcome {
    let Some(version) = known_text(load(subject)?.known()?.version) else {
        return broken("its version is no text");
    };
    let fits = (1..=MOST_NAME_BYTES).contains(&version.len()) && !version.chars().any(char::is_control);
    must(fits, || format!("its version is {version:?}"))
}

fn kind(subject: &Subject) -> Outcome {
    let entry = load(subject)?.known()?;
    must(!entry.extractor.is_null() || !entry.classifier.is_null(), || "it has neither table".to_owned())
}

fn no_null(subject: &Subject) -> Outcome {
    table_sizes(subject)?;
    let entry = load(subject)?.known()?;
    let null = |table, field| broken(format!("{field} of {table} is null"));
    EntryFunctions::checked(entry).map(drop).or_else(|field| null("the entry", field))?;
    // SAFETY: the sizes were compared; the tables are constant and stay.
    let (extractor, classifier) = unsafe { (entry.extractor.as_ref(), entry.classifier.as_ref()) };
    if let Some(table) = extractor {
        ExtractorFunctions::checked(table).map(drop).or_else(|field| null("the extractor table", field))?;
    }
    if let Some(table) = classifier {
        ClassifierFunctions::checked(table).map(drop).or_else(|field| null("the classifier table", field))?;
    }
    Ok(())
}

fn extension(entry: &Entry, id: &[u8]) -> Outcome<usize> {
    let Some(get_extension) = entry.get_extension else { return broken("get_extension is null") };
    let id = Text { data: id.as_ptr().cast(), length: id.len() };
    // SAFETY: the text lives during the call.
    Ok(unsafe { get_extension(id) }.expose_provenance())
}

fn unknown_extension(subject: &Subject) -> Outcome {
    let entry = load(subject)?.known()?;
    let cut = &STREAM_STATE_EXTENSION.as_bytes()[..STREAM_STATE_EXTENSION.len() - 1];
    let later = STREAM_STATE_EXTENSION.replace("/1", "/4294967295");
    let unknown: [&[u8]; 6] =
        [b"", b"undertone.", cut, later.as_bytes(), b"undertone.nobody-knows/1", b"\xff\xfe/1"];
    for id in unknown {
        let shown = String::from_utf8_lossy(id).into_owned();
        must(extension(entry, id)? == 0, || format!("it has an extension {shown:?}"))?;
    }
    Ok(())
}

fn constant(subject: &Subject) -> Outcome {
    let entry = load(subject)?.known()?;
    let ask = |_| extension(entry, STREAM_STATE_EXTENSION.as_bytes());
    let first = ask(0)?;
    for found in on_threads(4, ask)? {
        must(found == first, || format!("{STREAM_STATE_EXTENSION} moves from call to call"))?;
    }
    if first != 0 {
        let table = std::ptr::with_exposed_provenance::<u32>(first);
        must(table.is_aligned(), || "its table is not aligned".to_owned())?;
        // SAFETY: every table starts with its size, is constant and stays.
        let size = unsafe { *table } as usize;
        must(size >= size_of::<StreamStateTable>(), || format!("its table has {size} bytes"))?;
    }
    Ok(())
}
