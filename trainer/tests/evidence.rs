//! The committed evidence proves the committed figures.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_evaluation::{Evidence, Protocol, check, report_html, report_markdown};
use undertone_trainer::protocol::list;
use undertone_trainer::{DataSheet, Timing, TrainingRecipe};

const CLIPS: usize = 1440;

fn folders() -> Vec<PathBuf> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let names = fs::read_dir(models).expect("part of the repository");
    let folders = names.map(|name| name.expect("readable").path().join("evaluation"));
    let folders: Vec<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
    assert!(!folders.is_empty(), "there is no evidence");
    folders
}

#[test]
fn every_published_figure_follows_from_the_predictions() {
    for folder in folders() {
        let differences = check(&folder).expect("good evidence");
        assert!(differences.is_empty(), "{}: {differences:?}", folder.display());
    }
}

#[test]
fn the_reports_are_those_of_the_predictions() {
    for folder in folders() {
        let name = folder.parent().and_then(Path::file_name).expect("a model's folder");
        let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
        let recipe = TrainingRecipe::read(&recipes.join(name).with_extension("toml")).expect("a good recipe");
        let evidence = Evidence::open(&folder).expect("good evidence");
        let timing = Timing::read(&folder).expect("good, or none");
        let facts = recipe.facts(&DataSheet::ravdess(), timing.as_ref());
        let read = |page: &str| fs::read_to_string(folder.join(page)).expect("committed");
        assert!(read("report.html") == report_html(&evidence, &facts), "{}", folder.display());
        assert!(read("report.md") == report_markdown(&evidence, &facts), "{}", folder.display());
    }
}

#[test]
fn every_clip_was_tested_in_the_fold_of_the_list_and_once_per_seed() {
    for folder in folders() {
        let evidence = Evidence::open(&folder).expect("good evidence");
        for run in evidence.runs() {
            let list = list(run.id).expect("a committed list");
            let tested: BTreeSet<&str> = run.predictions.iter().map(|own| own.clip.as_str()).collect();
            assert_eq!(tested.len(), run.predictions.len(), "{}", run.id);
            for own in &run.predictions {
                assert_eq!(list.fold(&own.clip), Some(own.fold), "{} {}", run.id, own.clip);
            }
            let expected = match run.id.protocol {
                Protocol::Speaker5 => CLIPS,
                Protocol::Random80 => list.iter().filter(|(_, fold)| *fold == 0).count(),
            };
            assert_eq!(tested.len(), expected, "{}", run.id);
        }
    }
}
