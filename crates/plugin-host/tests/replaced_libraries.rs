//! Libraries that are exchanged while models run on them.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use support::{Site, Wanted};
use undertone_core::{FramesView, Model};
use undertone_plugin_host::LoadedModel;

const LIBRARY: &str = "libundertone_plugin_faulty_classifier.so";

/// A site whose classifier is a file of its own, and what it holds.
fn site() -> (Site, PathBuf, Vec<u8>) {
    let site = Site::new();
    let library = site.plugins_dir().join(LIBRARY);
    let content = std::fs::read(&library).expect("staged");
    std::fs::remove_file(&library).expect("writable");
    std::fs::write(&library, &content).expect("writable");
    (site, library, content)
}

/// The same library with another end, so that it is another one.
fn another(content: &[u8]) -> Vec<u8> {
    [content, b"\0"].concat()
}

fn assert_answers(model: &LoadedModel) {
    let frames = FramesView { dim: 2, values: &[0.25, 1.0, 0.5, 1.0] };
    let mut scores = Vec::new();
    model.new_classifier().expect("good").classify(&[frames], &mut scores).expect("good");
    assert_eq!(scores, [Ok(vec![0.375, 0.0])]);
}

/// How many copies of the classifier's library this process has mapped.
fn mapped() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("readable");
    let copies = maps.lines().filter(|line| line.contains(LIBRARY));
    let inode = |line: &str| line.split_whitespace().nth(4).map(str::to_owned);
    copies.filter_map(inode).collect::<BTreeSet<_>>().len()
}

#[test]
fn a_library_in_anothers_place_is_loaded_beside_it_and_both_answer() {
    let (site, library, content) = site();
    let load = |version| site.host.load_model(&site.write(version, &Wanted::default())).expect("good");
    let old = load("1.0.0");
    let aside = library.with_extension("new");
    std::fs::write(&aside, another(&content)).expect("writable");
    std::fs::rename(&aside, &library).expect("writable");
    let new = load("1.1.0");
    [&old, &new].into_iter().for_each(|model| assert_answers(model));
    assert_eq!(mapped(), 2);
    let opened: u64 = site.host.counters().iter().map(|counter| counter.value).sum();
    assert_eq!(opened, 2, "what both count is told under one name");
}

#[test]
fn a_library_that_was_there_before_is_not_loaded_again() {
    let (site, library, content) = site();
    let load = |version| site.host.load_model(&site.write(version, &Wanted::default())).expect("good");
    let mut models = vec![load("1.0.0"), load("1.0.1")];
    for (put, version) in
        [(another(&content), "1.1.0"), (content.clone(), "1.2.0"), (another(&content), "1.3.0")]
    {
        std::fs::write(&library, put).expect("writable");
        models.push(load(version));
    }
    models.iter().for_each(|model| assert_answers(model));
    assert_eq!(mapped(), 2);
}

#[test]
fn a_library_that_is_written_over_harms_nobody_who_runs_on_it() {
    let (site, library, content) = site();
    let old = site.load(&Wanted::default()).expect("good");
    let half = content[..content.len() / 2].to_vec();
    let wrong = [(b"no library".to_vec(), "cannot be loaded"), (half, "ends before the library does")];
    let bundle = site.write("1.1.0", &Wanted::default());
    for (spoilt, words) in wrong {
        // In place: whoever had mapped the file would have lost its pages.
        std::fs::write(&library, spoilt).expect("writable");
        assert_answers(&old);
        let refused = site.host.load_model(&bundle).expect_err("no library");
        assert!(refused.to_string().contains(words), "{refused}");
        assert_answers(&old);
    }
    std::fs::write(&library, another(&content)).expect("writable");
    assert_answers(&site.host.load_model(&site.write("1.2.0", &Wanted::default())).expect("good again"));
    assert_answers(&old);
}

#[test]
fn a_host_that_loads_libraries_in_place_says_when_it_cannot_take_another_one() {
    let (site, library, content) = site();
    let site = site.with_host(|host| host.with_libraries_in_place());
    let old = site.load(&Wanted::default()).expect("good");
    let aside = library.with_extension("new");
    std::fs::write(&aside, another(&content)).expect("writable");
    std::fs::rename(&aside, &library).expect("writable");
    let refused =
        site.host.load_model(&site.write("1.1.0", &Wanted::default())).expect_err("only one can be");
    assert!(refused.to_string().contains("restart the server to use it"), "{refused}");
    assert_answers(&old);
}
