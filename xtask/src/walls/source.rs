//! What Rust sources may hold.

use std::path::Path;

use super::{SourceFile, Violation};
use crate::workspace::Workspace;

/// The plugin boundary, the only place where unsafe code may stand.
const BOUNDARY: [&str; 6] = [
    "crates/plugin-abi",
    "crates/plugin-sdk",
    "crates/plugin-host",
    "plugins",
    "examples/linear",
    "tests/bad-plugins",
];
/// Libraries, which are handed their settings.
const HANDED_SETTINGS: [&str; 3] = ["crates", "plugins", "proto"];
/// Libraries that compute and do nothing else.
const PURE: [&str; 1] = ["crates/experiments"];
/// Where files, the network, the clock and other threads come from.
const WORLD: [&str; 7] =
    ["std::fs", "std::io", "std::net", "std::process", "std::thread", "SystemTime", "Instant"];
const FORBID: &str = "#![forbid(unsafe_code)]";

pub(super) fn violations(workspace: &Workspace, files: &[SourceFile]) -> Vec<Violation> {
    let targets = workspace.members.iter().flat_map(|member| &member.targets);
    let roots =
        targets.filter(|target| target.kind.iter().any(|kind| kind != "custom-build" && kind != "test"));
    let roots: Vec<&Path> =
        roots.filter_map(|target| target.src_path.strip_prefix(&workspace.root).ok()).collect();
    let of_file = |file: &SourceFile| {
        let is_root = roots.contains(&file.path.as_path());
        let unsafety = if is_root { unforbidden_unsafe(file) } else { None };
        unsafety.into_iter().chain(environment(file)).chain(world(file)).collect::<Vec<_>>()
    };
    files.iter().flat_map(of_file).collect()
}

fn unforbidden_unsafe(root: &SourceFile) -> Option<Violation> {
    let exempt = BOUNDARY.iter().any(|folder| root.path.starts_with(folder));
    let forbidden = root.text.lines().any(|line| line.trim() == FORBID);
    (!exempt && !forbidden).then(|| Violation {
        file: root.path.clone(),
        sentence: format!("misses {FORBID}, which every crate root outside the plugin boundary says"),
    })
}

fn environment(file: &SourceFile) -> Option<Violation> {
    let library = HANDED_SETTINGS.iter().any(|folder| file.path.starts_with(folder));
    let in_source = file.path.components().any(|part| part.as_os_str() == "src");
    if !library || !in_source || is_test_module(&file.path) {
        return None;
    }
    let (number, _) = product_lines(&file.text).find(|(_, line)| line.contains("env::var"))?;
    let sentence = format!("line {} reads the environment, but only the server does", number + 1);
    Some(Violation { file: file.path.clone(), sentence })
}

fn world(file: &SourceFile) -> Option<Violation> {
    let pure = PURE.iter().any(|folder| file.path.starts_with(folder));
    if !pure || is_test_module(&file.path) {
        return None;
    }
    let named = |line: &str| WORLD.into_iter().find(|name| line.contains(name));
    let (number, name) = product_lines(&file.text).find_map(|(number, line)| Some((number, named(line)?)))?;
    let sentence = format!("line {} names {name}, but the crate only computes", number + 1);
    Some(Violation { file: file.path.clone(), sentence })
}

fn is_test_module(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests")
        || path.components().any(|part| part.as_os_str() == "tests")
}

/// The lines before the file's test module, without comments.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let product = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    product.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_crate_root_forbids_unsafe_code() {
        assert!(unforbidden_unsafe(&file("crates/core/src/lib.rs", "//! Vocabulary.\n")).is_some());
        assert!(unforbidden_unsafe(&file("crates/core/src/lib.rs", "#![forbid(unsafe_code)]\n")).is_none());
    }

    #[test]
    fn a_mention_in_a_comment_forbids_nothing() {
        assert!(unforbidden_unsafe(&file("server/src/lib.rs", "// #![forbid(unsafe_code)]\n")).is_some());
    }

    #[test]
    fn the_plugin_boundary_may_be_unsafe() {
        assert!(unforbidden_unsafe(&file("plugins/onnx/src/lib.rs", "")).is_none());
        assert!(unforbidden_unsafe(&file("tests/bad-plugins/hang/src/lib.rs", "")).is_none());
        assert!(unforbidden_unsafe(&file("tests/src/lib.rs", "")).is_some());
    }

    #[test]
    fn a_library_that_reads_the_environment_is_named_with_the_line() {
        let found =
            environment(&file("crates/engine/src/worker.rs", "fn n() {\n    std::env::var_os(\"N\");\n}\n"));
        assert_eq!(found.unwrap().sentence, "line 2 reads the environment, but only the server does");
    }

    #[test]
    fn a_crate_that_only_computes_touches_nothing() {
        let found = world(&file("crates/experiments/src/plan.rs", "\nuse std::fs;\n"));
        assert_eq!(found.unwrap().sentence, "line 2 names std::fs, but the crate only computes");
        assert!(world(&file("crates/experiments/src/plan.rs", "/// Unlike std::fs.\n")).is_none());
        assert!(world(&file("crates/store/src/lib.rs", "use std::fs;\n")).is_none());
    }

    #[test]
    fn the_server_and_tests_may_read_the_environment() {
        let text = "std::env::var(\"N\")";
        assert!(environment(&file("server/src/config.rs", text)).is_none());
        assert!(environment(&file("crates/audio/tests/corpus.rs", text)).is_none());
        assert!(
            environment(&file("crates/audio/src/wav.rs", &format!("#[cfg(test)]\nmod tests {{ {text} }}")))
                .is_none()
        );
    }
}
