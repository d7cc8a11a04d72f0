//! Figures that people read are those of `summary.json`, which follows from the predictions.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_bundle::Bundle;

const MODELS: [&str; 2] = ["cnn", "lstm"];
const PROTOCOLS: [&str; 2] = ["speaker5", "random80"];
/// Half of the last of three decimals; a tie may have been rounded either way.
const ROUNDING: f64 = 0.0005 + 1e-9;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    fs::read_to_string(repository().join(file)).expect("part of the repository")
}

/// What is published about a protocol of a model.
fn measured(model: &str, protocol: &str) -> Value {
    let summary: Value =
        serde_json::from_str(&read(&format!("models/{model}/evaluation/summary.json"))).expect("JSON");
    summary["protocols"][protocol].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn error(own: &Value) -> f64 {
    number(&own["calibration"]["expected_calibration_error"])
}

/// The figure of each part of one kind, as `by_seed`.
fn parts(own: &Value, kind: &str, figure: &str) -> Vec<f64> {
    own[kind]["parts"].as_array().expect("a list").iter().map(|part| number(&part[figure])).collect()
}

/// The cells of a row, without the marks around names.
fn cells(line: &str) -> Vec<String> {
    let cells = line.trim_matches('|').split('|');
    cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

/// The rows of tables whose first cell is about `model`.
fn rows(text: &str, model: &str) -> Vec<Vec<String>> {
    let about = format!("| `{model}`");
    text.lines().filter(|line| line.starts_with(&about)).map(cells).collect()
}

/// Fails unless the shares in `cell`, in their order, are the measured ones. A share looks like `.720` or `0.720`.
fn assert_tells(cell: &str, measured: &[f64], about: &str) {
    let words = cell.split(|character: char| !(character.is_ascii_digit() || character == '.'));
    let told: Vec<f64> =
        words.filter(|word| word.contains('.')).filter_map(|word| word.parse().ok()).collect();
    let near = |(told, measured): (&f64, &f64)| (told - measured).abs() <= ROUNDING;
    assert!(
        told.len() == measured.len() && told.iter().zip(measured).all(near),
        "{about}: {cell:?} should tell {measured:?}"
    );
}

/// A figure with its interval and, where the cell tells them, its seeds.
fn estimate(cell: &str, own: &Value, figure: &str) -> Vec<f64> {
    let mut expected = ["value", "low", "high"].map(|part| number(&own[figure][part])).to_vec();
    if cell.contains("by seed") {
        expected.extend(parts(own, "by_seed", figure));
    }
    expected
}

#[test]
fn the_table_of_figures_in_the_documentation_is_that_of_the_evidence() {
    let text = read("docs/models.md");
    for (model, protocol) in MODELS.into_iter().flat_map(|model| PROTOCOLS.map(|own| (model, own))) {
        let (own, about) = (measured(model, protocol), format!("{model} {protocol}"));
        let row = rows(&text, model).into_iter().find(|row| row[1] == protocol);
        let row = row.unwrap_or_else(|| panic!("no row about {about}"));
        let [_, _, seeds, clips, accuracy, uar, folds, calibration] = row.as_slice() else {
            panic!("{row:?}")
        };
        let seeds = seeds.split(' ').map(|seed| seed.parse::<u32>().expect("a seed"));
        assert_eq!(Value::from_iter(seeds), own["seeds"], "{about}");
        assert_eq!(clips.replace(',', ""), own["figures"]["clips"].to_string(), "{about}");
        assert_tells(accuracy, &estimate(accuracy, &own, "accuracy"), &about);
        assert_tells(uar, &estimate(uar, &own, "uar"), &about);
        if !folds.is_empty() {
            assert_tells(folds, &parts(&own, "by_fold", "uar"), &about);
        }
        assert_tells(calibration, &[error(&own)], &about);
    }
}

#[test]
fn the_comparison_with_others_and_the_readme_tell_the_same_figures() {
    let (documentation, readme) = (read("docs/models.md"), read("README.md"));
    for model in MODELS {
        let [new, known] = PROTOCOLS.map(|protocol| measured(model, protocol));
        let [accuracy, uar] = ["accuracy", "uar"].map(|figure| number(&new[figure]["value"]));
        let at_random = number(&known["accuracy"]["value"]);
        let compared =
            rows(&documentation, model).into_iter().find(|row| row.len() == 4 && row[1].starts_with('.'));
        let compared = compared.unwrap_or_else(|| panic!("no comparison of {model}"));
        assert_tells(&compared[1..3].join(" "), &[at_random, uar], model);
        let [row] = rows(&readme, model).try_into().expect("one row a model");
        let told = row[row.len() - 4..].join(" ");
        assert_tells(&told, &[accuracy, uar, error(&new), at_random], model);
    }
}

/// UAR of the causal network after 2 s, among what it was asked while it listened.
fn after_two_seconds(heard: &Value) -> f64 {
    let points = heard.as_array().expect("a list");
    number(&points.iter().find(|point| point["heard"] == "2").expect("it was asked then")["uar"])
}

#[test]
fn what_a_telephone_changes_is_told_as_it_was_measured() {
    let text = read("docs/models.md");
    let own = measured("cnn", "speaker5");
    let [recorded, call] = [&own["figures"], &own["narrowband"]["whole"]]
        .map(|figures| ["accuracy", "uar"].map(|figure| number(&figures[figure])));
    let told = [
        ("as recorded", recorded, after_two_seconds(&own["heard"])),
        ("narrowband line", call, after_two_seconds(&own["narrowband"]["heard"])),
    ];
    for (name, [accuracy, uar], causal) in told {
        let about = format!("| {name} | .");
        let mut rows = text.lines().filter(|line| line.starts_with(&about)).map(cells);
        let row = rows.find(|row| row.last().is_some_and(|cell| cell.starts_with('.')));
        let row = row.unwrap_or_else(|| panic!("no row about {name}"));
        assert_tells(&row[1..].join(" "), &[accuracy, uar, causal], name);
    }
}

/// The bundles of a model that are shipped, those with weights in 8 bits too.
fn bundles(model: &str) -> Vec<PathBuf> {
    let folder = repository().join("models").join(model);
    let inside = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("part of the repository");
        entries.map(|entry| entry.expect("readable").path()).collect()
    };
    let mut all = [inside(&folder), inside(&folder.join("int8"))].concat();
    all.retain(|path| path.join("bundle.toml").is_file());
    all
}

#[test]
fn shipped_cards_and_manifests_quote_the_evidence() {
    for (model, dir) in
        MODELS.into_iter().flat_map(|model| bundles(model).into_iter().map(move |dir| (model, dir)))
    {
        let about = dir.display().to_string();
        let bundle = Bundle::open(&dir).expect("shipped");
        assert_eq!(bundle.manifest().name, model, "{about} would be served as another model");
        let card = bundle.read_card().expect("part of the bundle");
        for protocol in PROTOCOLS {
            let own = measured(model, protocol);
            let told = quoted(&card, protocol).unwrap_or_else(|| panic!("{about}: nothing about {protocol}"));
            let figures = ["accuracy", "uar"].map(|figure| number(&own[figure]["value"]));
            assert_tells(&told, &figures, &about);
        }
        let (training, own) = (&bundle.manifest().training, measured(model, PROTOCOLS[0]));
        for (told, figure) in [(training.accuracy, "accuracy"), (training.uar, "uar")] {
            assert!((told - number(&own[figure]["value"])).abs() < 1e-4, "{about}: {figure} {told}");
        }
    }
}

/// Accuracy and UAR that a card tells of a protocol, without the intervals that may stand behind them.
fn quoted(card: &str, protocol: &str) -> Option<String> {
    let mut rows = card.lines().filter(|line| line.starts_with('|')).map(cells);
    let header = rows.find(|row| row[0] == "protocol")?;
    let row = rows.find(|row| row[0] == protocol)?;
    let cell = |name: &str| row[header.iter().position(|column| column == name)?].split(' ').next();
    Some(format!("{} {}", cell("accuracy")?, cell("UAR")?))
}

#[test]
fn what_the_bounds_of_bundles_are_worth_is_told_as_measured() {
    let text = read("docs/models.md");
    let told = text.split("\n\n").find(|part| part.starts_with("Bundles have other bounds"));
    let told = told.expect("a paragraph about them").replace('\n', " ");
    for model in MODELS {
        let pooled = measured(model, "speaker5")["pooled"].clone();
        let percent = |value: &Value| 100.0 * number(value);
        let folds = pooled["folds"].as_array().expect("a list");
        let folds: Vec<String> =
            folds.iter().map(|fold| format!("{:.1}", percent(&fold["sets"]["coverage"]))).collect();
        let (last, others) = folds.split_last().expect("folds");
        for part in [
            format!("{:.1} % ", percent(&pooled["sets"]["coverage"])),
            format!("{} and {last} %", others.join(", ")),
            format!("{:.1} emotions", number(&pooled["sets"]["mean_size"])),
            format!("{:.0} % of its answers are kept", percent(&pooled["abstention"]["kept"])),
            format!("{:.1} % of those", percent(&pooled["abstention"]["error"])),
        ] {
            assert!(told.contains(&part), "{model}: {part} is missing in {told}");
        }
    }
}
