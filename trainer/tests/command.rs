//! The program as people run it.

mod corpus;
mod tiny;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use undertone_bundle::Bundle;
use undertone_evaluation::{Evidence, Prediction};

/// A folder with clips and a recipe.
struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    /// `None` without RAVDESS.
    fn new(epochs: usize, lay_out: impl Fn(&Path, &Path)) -> Option<Self> {
        let data = corpus::ravdess()?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = Self { folder };
        fs::create_dir(own.path("clips")).expect("writable");
        lay_out(&data, &own.path("clips"));
        let mut recipe = tiny::recipe();
        (recipe.whole_plan.epochs, recipe.stream_plan.epochs) = (epochs, epochs);
        fs::write(own.path("recipe.toml"), recipe.to_toml().expect("a good recipe")).expect("writable");
        Some(own)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command with the recipe; `words` may name files of the folder as `@name`.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_undertone-trainer"));
        for word in words {
            match word.strip_prefix('@') {
                Some(name) => command.arg(self.path(name)),
                None => command.arg(word),
            };
        }
        command.arg("--recipe").arg(self.path("recipe.toml"));
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it starts")
    }

    fn succeed(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn fail(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// Folders by label and speaker, in which files of other folders are called the same.
fn folders_by_label(data: &Path, folder: &Path) {
    for (actor, speaker) in [("01", "ann"), ("02", "bea"), ("03", "cem"), ("04", "dan")] {
        for (emotion, label) in [("03", "happy"), ("04", "sad"), ("05", "anger")] {
            let own = folder.join(label).join(speaker);
            fs::create_dir_all(&own).expect("writable");
            for take in ["01", "02"] {
                let name = format!("03-01-{emotion}-01-{take}-01-{actor}.flac");
                let from = data.join("ravdess").join(format!("Actor_{actor}")).join(name);
                fs::copy(from, own.join(format!("{take}.flac"))).expect("readable and writable");
            }
        }
    }
}

#[test]
fn a_data_set_of_folders_is_cross_validated_and_reported_under_its_own_name() {
    let Some(place) = Workplace::new(1, folders_by_label) else { return };
    let train =
        ["crossval", "--data", "@clips", "--work-dir", "@work", "--folds", "2", "--folds-dir", "@shelf"];
    let told = place.succeed(&[train.as_slice(), &["--evidence", "@evaluation"]].concat());
    assert!(told.contains("24 clips of 4 speakers: happy 8, sad 8, angry 8"), "{told}");
    assert!(told.contains("asked about 2 speakers: ") && told.contains(" min left in all"), "{told}");
    let otherwise = ["--evidence", "@evaluation", "--int8", "--narrowband"];
    let asked = place.succeed(&[train.as_slice(), &otherwise].concat());
    for said in ["weights in 8 bits", "over a telephone"] {
        assert!(asked.contains(said) && !asked.contains("epoch"), "nothing is trained again: {asked}");
    }
    for file in ["int8", "int8-interim", "narrowband", "narrowband-interim"] {
        assert!(place.path(&format!("evaluation/speaker5-seed0-{file}.csv")).is_file(), "{file}");
    }
    // What is about some clips says nothing of others.
    fs::create_dir(place.path("others")).expect("writable");
    for label in ["happy", "sad"] {
        let (from, to) = (place.path(&format!("clips/{label}")), place.path(&format!("others/{label}")));
        std::os::unix::fs::symlink(from, to).expect("writable");
    }
    let others = ["--data", "@others", "--work-dir", "@work", "--folds", "2"];
    let refusal = place.fail(&[&["crossval", "--folds-dir", "@shelf"][..], &others].concat());
    assert!(refusal.contains("speaker5-seed0-fold0of2 is about other clips: anger/ann/01.flac"), "{refusal}");
    let beside = ["crossval", "--seed", "1", "--evidence", "@evaluation"];
    let refusal = place.fail(&[&beside[..], &others].concat());
    assert!(refusal.contains("is about other clips") && refusal.contains("evaluation"), "{refusal}");
    let refusal =
        place.fail(&[&beside[..], &["--data", "@clips", "--work-dir", "@work", "--folds", "4"]].concat());
    assert!(refusal.contains("seeds with other folds belong into a folder of their own"), "{refusal}");
    let bundle = ["train", "--data", "@others", "--work-dir", "@work", "--out", "@models/cnn/1.0.0"];
    let sheet =
        ["--dataset", "Mine", "--licence", "CC0", "--citation", "nobody", "--evidence", "@evaluation"];
    let refusal = place.fail(&[bundle.as_slice(), &sheet].concat());
    assert!(refusal.contains("is about other clips"), "{refusal}");
    let refusal = place.fail(&[&train[..5], &["--folds", "7"]].concat());
    assert!(refusal.contains("4 speakers cannot be dealt out to 7 folds"), "{refusal}");

    let evidence = Evidence::open(&place.path("evaluation")).expect("good evidence");
    let [run] = evidence.runs() else { panic!("one run: {evidence:?}") };
    let names =
        |rows: &[Prediction]| -> BTreeSet<String> { rows.iter().map(|own| own.clip.clone()).collect() };
    assert_eq!((names(&run.predictions).len(), run.folds.len()), (24, 2));
    assert!(names(&run.predictions).contains("anger/ann/01.flac"));
    assert_eq!(names(&run.predictions), names(&run.int8.whole));
    assert_eq!(names(&run.predictions), names(&run.narrowband.whole));

    let refusal = place.fail(&["report", "@evaluation"]);
    assert!(refusal.contains("--dataset, --licence and --citation"), "{refusal}");
    let report = ["report", "@evaluation", "--dataset", "Mine", "--licence", "CC0", "--citation", "nobody"];
    place.succeed(&[report.as_slice(), &["--time"]].concat());
    let page = fs::read_to_string(place.path("evaluation/report.md")).expect("just written");
    for said in [
        "two folds by speaker",
        "All clips are of Mine.",
        "time per clip",
        "Weights in 8 bits",
        "Over a telephone",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("RAVDESS") && !page.contains("actors"), "{page}");
    place.succeed(&[report.as_slice(), &["--check"]].concat());
    fs::write(place.path("evaluation/report.md"), "# other: evaluation").expect("writable");
    let refusal = place.fail(&report);
    assert!(refusal.contains("its report is about the model other, the recipe makes cnn"), "{refusal}");
}

#[test]
fn what_could_not_be_written_at_the_end_is_told_before_anything_is_trained() {
    let Some(place) = Workplace::new(1, tiny::clips) else { return };
    fs::create_dir_all(place.path("models/tiny/1.0.0")).expect("writable");
    let train = ["train", "--data", "@clips", "--work-dir", "@work", "--test-speakers", "3", "--out"];
    for (out, why) in [
        ("@models/tiny/1.0.0", "exists already"),
        ("@models/tiny/first", "is not a version"),
        ("@models/X y/1.0.0", "is not a name"),
    ] {
        let refusal = place.fail(&[train.as_slice(), &[out]].concat());
        assert!(refusal.contains(why), "{refusal}");
    }
    let crossval =
        ["crossval", "--data", "@clips", "--work-dir", "@work", "--fold", "0", "--evidence", "@none"];
    let refusal = place.fail(&crossval);
    assert!(refusal.contains("none"), "{refusal}");
    assert!(!place.path("work").exists(), "nothing was trained");
}

/// Reads what the program tells; kills it when it has told of two epochs of the network `side`, so that the first of them is
/// in a checkpoint.
fn kill_behind_two_epochs(mut program: Child, side: &str) -> ExitStatus {
    let output = program.stdout.take().expect("it is a pipe");
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    if lines.filter(|line| line.starts_with(side) && line.contains(" epoch ")).nth(1).is_some() {
        program.kill().expect("it is ours");
    }
    program.wait().expect("it is ours")
}

#[test]
fn a_training_that_is_killed_again_and_again_ends_in_the_same_graphs_byte_for_byte() {
    use std::os::unix::process::ExitStatusExt;
    const SIGKILL: i32 = 9;
    // Many more than two, so that it does not end while it is being killed.
    let Some(place) = Workplace::new(25, tiny::clips) else { return };
    let train = |work: &'static str, out: &'static str| {
        let held_out = ["--validation-speakers", "2", "--test-speakers", "3", "--checkpoint-every", "1"];
        let common = ["train", "--data", "@clips", "--work-dir", work, "--out", out];
        [common.as_slice(), &held_out].concat()
    };
    place.succeed(&train("@calm", "@calm/tiny/1.0.0"));
    let rough = train("@rough", "@rough/tiny/1.0.0");
    for side in ["whole", "whole", "stream", "stream"] {
        let mut command = place.command(&rough);
        let program = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let status = kill_behind_two_epochs(program, side);
        assert_eq!(status.signal(), Some(SIGKILL), "{side}: {status}");
    }
    place.succeed(&rough);
    let [calm, rough] = ["calm/tiny/1.0.0", "rough/tiny/1.0.0"].map(|dir| place.path(dir));
    for graph in ["whole.onnx", "stream.onnx"] {
        let read = |dir: &Path| fs::read(dir.join(graph)).expect("part of the bundle");
        assert!(read(&calm) == read(&rough), "{graph} differs");
    }
    Bundle::open(&rough).expect("a whole bundle");
}

#[test]
fn a_mistake_is_told_without_a_backtrace_and_a_reader_who_has_gone_is_no_mistake() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trainer = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_undertone-trainer"));
        command.env("RUST_BACKTRACE", "1").stdout(Stdio::null());
        command
    };
    let output = trainer().args(["report", "--check", "--recipe", "none.toml"]).arg(folder.path()).output();
    let told = String::from_utf8(output.expect("it starts").stderr).expect("text");
    assert!(told.starts_with("undertone-trainer: ") && told.contains("holds no predictions"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");

    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/cnn/evaluation");
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/cnn.toml");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut check = trainer();
    check.args(["report", "--check", "--recipe"]).arg(recipe).arg(models).stdout(writer);
    let output = check.output().expect("it starts");
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!((output.status.code(), told.as_str()), (Some(0), ""));
}
