//! From clips to a bundle.

mod corpus;

use std::fs;
use std::path::Path;
use undertone_bundle::Bundle;
use undertone_trainer::dataset::{HeldOut, Speaker};
use undertone_trainer::training::{EpochReport, Plan};
use undertone_trainer::{Architecture, Checkpoints, CnnShape, DataSheet, Job};

const EACH_EPOCH: Checkpoints = Checkpoints { every: 1, resume: false };

/// Six clips of each of three actors.
fn few_clips(data: &Path, folder: &Path) {
    for actor in ["01", "02", "03"] {
        for emotion in ["03", "04", "05"] {
            for statement in ["01", "02"] {
                let name = format!("03-01-{emotion}-01-{statement}-01-{actor}.flac");
                let from = data.join("ravdess").join(format!("Actor_{actor}")).join(&name);
                fs::copy(from, folder.join(name)).expect("readable and writable");
            }
        }
    }
}

fn job(data: &Path, work_dir: &Path) -> Job {
    Job {
        data: data.to_owned(),
        corpus: "any".into(),
        recipe: "logmel64".into(),
        speeds_percent: vec![100],
        held_out: HeldOut { validation: vec![Speaker::new("2")], test: vec![Speaker::new("3")] },
        architecture: Architecture::Cnn(CnnShape { channels: [2, 2, 3, 3], attention: 4 }),
        plan: Plan { epochs: 2, batch: 4, ..Plan::default() },
        work_dir: work_dir.to_owned(),
    }
}

#[test]
fn a_job_ends_in_a_bundle_that_says_how_it_came_about() {
    let Some(data) = corpus::ravdess() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (clips, work) = (folder.path().join("clips"), folder.path().join("work"));
    fs::create_dir_all(&clips).expect("writable");
    few_clips(&data, &clips);
    let job = job(&clips, &work);

    let mut epochs = Vec::new();
    let trained =
        job.train(EACH_EPOCH, &mut |report: &EpochReport| epochs.push(report.epoch)).expect("learns");
    assert_eq!(epochs, [1, 2]);
    let dir = folder.path().join("models/tiny/0.1.0");
    let report = trained.write_bundle(&dir, &DataSheet::ravdess()).expect("a good bundle");
    assert_eq!((report.training_clips, report.test.clips, report.validation.clips), (6, 6, 6));

    let bundle = Bundle::open(&dir).expect("just written");
    let manifest = bundle.manifest();
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("tiny", "0.1.0"));
    assert_eq!(manifest.training.test_speakers, ["03"]);
    assert_eq!(manifest.training.train_speakers, ["01"]);
    assert!(manifest.calibration.temperature > 0.0);
    let card = fs::read_to_string(dir.join("card.md")).expect("part of the bundle");
    for said in ["CC-BY-NC-SA-4.0", "zenodo.1188976", "acted", "| test | 03 |", "Confusion"] {
        assert!(card.contains(said), "{said} is missing in {card}");
    }
    let again = job.trained().and_then(|trained| trained.report()).expect("the checkpoint is finished");
    assert_eq!(again, report);
}

#[test]
fn a_job_does_not_overwrite_another_ones_checkpoint() {
    let Some(data) = corpus::ravdess() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (clips, work) = (folder.path().join("clips"), folder.path().join("work"));
    fs::create_dir_all(&clips).expect("writable");
    few_clips(&data, &clips);
    let mut job = job(&clips, &work);
    job.plan.epochs = 1;
    job.train(EACH_EPOCH, &mut |_| {}).expect("learns");
    let refusal = job.train(EACH_EPOCH, &mut |_| {}).expect_err("there is one already").to_string();
    assert!(refusal.contains("resume"), "{refusal}");
    job.plan.seed = 2;
    let resumed = Checkpoints { resume: true, ..EACH_EPOCH };
    let refusal = job.train(resumed, &mut |_| {}).expect_err("another plan").to_string();
    assert!(refusal.contains("other settings"), "{refusal}");
}
