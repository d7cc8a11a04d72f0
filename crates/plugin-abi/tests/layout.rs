//! The layout of every structure is what `layout.txt` says, for Rust and for a C compiler that reads the
//! header.
//!
//! The file is for 64-bit platforms. A change that only appends lines to structures is a new minor version of
//! the contract, any other change a new major one.

use std::fmt::Write as _;
use std::io::Write as _;
use std::mem::{align_of, offset_of, size_of};
use std::process::{Command, Stdio};
use undertone_plugin_abi::*;

const COMMITTED: &str = include_str!("../layout.txt");

/// Writes the layout of structures; the pattern fails to compile when a field is missing.
macro_rules! layout {
    ($text:ident, $($name:ident { $($field:ident),+ $(,)? })+) => {$(
        let _all_fields_are_listed = |value: $name| { let $name { $($field: _),+ } = value; };
        writeln!($text, "{} size {} align {}", stringify!($name), size_of::<$name>(), align_of::<$name>())
            .expect("memory");
        $(writeln!($text, "{}.{} at {}", stringify!($name), stringify!($field), offset_of!($name, $field))
            .expect("memory");)+
    )+};
}

fn layout() -> String {
    let mut text = String::new();
    layout! {text,
        Text { data, length }
        TextBuffer { data, capacity, length }
        Entry {
            size, abi_major, abi_minor, reserved, name, version, get_extension, create_plugin, destroy_plugin,
            extractor, classifier,
        }
        ExtractorDescription {
            size, sample_rate_hz, dim, hop_samples, window_samples, look_ahead_frames, fingerprint, columns,
        }
        ExtractorSpec { size, usual_push_samples }
        Samples { data, length }
        FrameBuffer { values, capacity, length }
        ExtractorTable {
            size, reserved, describe, create_instance, activate, max_frames_for, push, finish, extract, reset,
            deactivate, destroy_instance,
        }
        ClassifierDescription { size, dim, label_count }
        ClassifierSpec { size, usual_batch, max_frames }
        Item { frames, frame_count, dim, scores, label_count, status, error }
        ClassifierTable {
            size, reserved, describe, create_instance, activate, classify, reset, deactivate, destroy_instance,
        }
        StateTensor { size, length, name }
        StateBuffer { values, length }
        StreamStateTable { size, reserved, count, describe, advance }
        Host { size, abi_major, abi_minor, reserved, name, get_service }
        LogService { size, reserved, log }
        CounterService { size, reserved, add }
        CancellationService { size, reserved, is_cancelled }
        DeadlineService { size, reserved, remaining_nanoseconds }
    }
    text
}

#[test]
fn the_layout_is_the_committed_one() {
    let found = layout();
    assert_eq!(found, COMMITTED, "a wanted change goes into layout.txt together with the version:\n{found}");
}

#[test]
fn a_c_compiler_reads_the_header_without_warnings_and_sees_the_same_layout() {
    let mut source = String::from("#include \"undertone_plugin.h\"\n");
    for line in COMMITTED.lines() {
        source.push_str(&assertion(line));
    }
    let started = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x", "c"])
        .args(["-I", concat!(env!("CARGO_MANIFEST_DIR"), "/include"), "-"])
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut compiler) = started else {
        eprintln!("SKIPPED: no C compiler named cc found");
        return;
    };
    let mut input = compiler.stdin.take().expect("piped");
    input.write_all(source.as_bytes()).expect("the compiler reads");
    drop(input);
    assert!(compiler.wait().expect("the compiler ends").success(), "see above; the source was:\n{source}");
}

fn assertion(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let claim = match words[..] {
        [name, "size", size, "align", align] => {
            format!("sizeof(Undertone{name}) == {size} && _Alignof(Undertone{name}) == {align}")
        }
        [place, "at", offset] => {
            let (name, field) = place.split_once('.').expect("structure and field");
            format!("offsetof(Undertone{name}, {field}) == {offset}")
        }
        _ => panic!("layout.txt: {line:?}"),
    };
    format!("_Static_assert({claim}, \"{line}\");\n")
}
