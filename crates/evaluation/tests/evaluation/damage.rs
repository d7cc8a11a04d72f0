//! Every kind of damage is refused, with the line.

use std::fs;
use undertone_evaluation::Evidence;

const HEADER: &str =
    "clip,speaker,protocol,seed,fold,truth,predicted,neutral,calm,happy,sad,angry,fearful,disgust,surprised";
const INTERIM_HEADER: &str = "clip,speaker,protocol,seed,fold,heard_seconds,truth,predicted,neutral,calm,happy,sad,angry,fearful,disgust,surprised";
const FOLDS_HEADER: &str = "fold,training_clips,test_clips,validation_speakers,epochs,temperature,stream_temperature,conformal_coverage,conformal_threshold,abstain_error,abstain_below,wall_seconds,learnt_values,seed";
const CURVE_HEADER: &str = "fold,epoch,loss,training_accuracy,validation_accuracy";
const VALUES: &str = "0.100000,0.900000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000";

fn predictions(lines: &[&str]) -> String {
    format!("{HEADER}\n{}\n", lines.join("\n"))
}

fn good(clip: &str, speaker: &str, fold: u32) -> String {
    format!("{clip},{speaker},speaker5,1,{fold},calm,calm,{VALUES}")
}

/// The message about a folder with these files.
fn refusal(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a writable folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a writable folder");
    }
    Evidence::open(folder.path()).expect_err("damaged evidence").to_string()
}

#[test]
fn a_damaged_line_of_predictions_is_refused_with_its_number() {
    let values = |values: &str| format!("b,02,speaker5,1,1,calm,calm,{values}");
    for (line, what) in [
        (good("b", "02", 1).replace("calm,calm", "bored,calm"), "truth is \"bored\""),
        (good("b", "02", 1).replace("calm,calm", "calm,bored"), "predicted is \"bored\""),
        (good("b", "02", 1).replace("calm,calm", "calm,neutral"), "calm is more probable"),
        (good("b", "02", 1).replace("calm,calm", "calm,"), "predicted is \"\""),
        (values("NaN,1.000000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000"), "NaN"),
        (values("inf,1.000000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000"), "inf"),
        (values("-0.100000,1.100000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000"), "-0.1"),
        (values("0.100000,0.898000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000"), "sum to 0.998"),
        (values(",1.000000,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000"), "neutral is \"\""),
        (values("0.1,0.9,0.0,0.0,0.0,0.0,0.0,0.0"), "would be written as b,02"),
        (good("a", "01", 1), "clip a stands twice"),
        (good("b", "01", 1), "speaker 01 is in the folds 0 and 1"),
        (good("Z", "01", 0), "clip Z stands behind a later one"),
        (good("b", "02", 1).replace("speaker5", "random80"), "protocol is random80"),
        (good("b", "02", 1).replace("speaker5,1", "speaker5,2"), "seed is 2"),
        (good("b", "02", 1).replace("speaker5,1,1", "speaker5,1,-1"), "fold is \"-1\""),
        (good("\"b\"", "02", 1), "clip has a quote"),
        (good("", "02", 1), "clip is empty"),
        (good("b", "", 1), "speaker is empty"),
        (good("b", "02", 1) + "\r", "surprised has a quote or control character"),
        (good("b", "02", 1) + ",0", "16 fields instead of 15"),
        (String::new(), "1 fields instead of 15"),
    ] {
        let message = refusal(&[("speaker5-seed1.csv", &predictions(&[&good("a", "01", 0), &line]))]);
        assert!(message.contains("speaker5-seed1.csv, line 3: ") && message.contains(what), "{message}");
    }
}

#[test]
fn seeds_with_other_folds_by_speaker_are_refused() {
    let of_seed = |seed: u32, fold| good("a", "01", fold).replace("speaker5,1", &format!("speaker5,{seed}"));
    let message = refusal(&[
        ("speaker5-seed1.csv", &predictions(&[&of_seed(1, 0)])),
        ("speaker5-seed2.csv", &predictions(&[&of_seed(2, 3)])),
    ]);
    assert!(message.contains("clip a is in fold 0 of seed 1 and in fold 3 of seed 2"), "{message}");
}

#[test]
fn a_file_that_is_not_the_table_it_should_be_is_refused() {
    let text = predictions(&[&good("a", "01", 0)]);
    for (text, place, what) in [
        (text.replace("neutral", "natural"), "line 1", "header"),
        (String::new(), "line 1", "header"),
        (format!("{HEADER}\n"), "line 1", "no line follows"),
        (text.trim_end().to_owned(), "line 2", "cut off"),
    ] {
        let message = refusal(&[("speaker5-seed1.csv", &text)]);
        assert!(message.contains(place) && message.contains(what), "{message}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = predictions(&[&good("a", "01", 0)]).into_bytes();
    bytes.extend([0xff, b'\n']);
    fs::write(folder.path().join("speaker5-seed1.csv"), bytes).unwrap();
    let message = Evidence::open(folder.path()).unwrap_err().to_string();
    assert!(message.ends_with("line 3: the line is not UTF-8"), "{message}");
}

#[test]
fn a_csv_file_that_belongs_to_no_run_is_refused() {
    let good = predictions(&[&good("a", "01", 0)]);
    for name in ["speaker6-seed1.csv", "speaker5-seed01.csv", "speaker5-seed1-notes.csv", "notes.csv"] {
        let message = refusal(&[("speaker5-seed1.csv", &good), (name, "")]);
        assert!(message.contains(name) && message.contains("no file of evidence"), "{message}");
    }
}

#[test]
fn answers_of_weights_in_8_bits_are_about_the_very_clips_of_the_predictions() {
    let whole = predictions(&[&good("a", "01", 0), &good("b", "02", 1)]);
    for (rounded, what) in [
        (vec![good("a", "01", 0)], "line 2: only 1 of 2 clips"),
        (vec![good("a", "01", 0), good("c", "02", 1)], "line 3: clip c is not among the predictions"),
        (vec![good("a", "01", 0), good("b", "03", 1)], "line 3: clip b has another speaker"),
    ] {
        let lines: Vec<&str> = rounded.iter().map(String::as_str).collect();
        let files =
            [("speaker5-seed1.csv", whole.as_str()), ("speaker5-seed1-int8.csv", &predictions(&lines))];
        let message = refusal(&files);
        assert!(message.contains("speaker5-seed1-int8.csv, ") && message.contains(what), "{message}");
    }
}

#[test]
fn a_file_that_was_cut_between_two_lines_is_refused() {
    let whole = predictions(&[&good("a", "01", 0), &good("b", "02", 1)]);
    let folds = |lines: &str| format!("{FOLDS_HEADER}\n{lines}");
    let of_fold = |fold: u32| format!("{fold},900,1,05 06,2,,,,,,,12.500000,188120,1\n");
    let curve = "0,1,2.000000,0.200000,\n0,2,1.900000,0.300000,\n1,1,2.000000,0.200000,\n";
    let interim = format!("a,01,speaker5,1,0,end,calm,calm,{VALUES}\n");
    let both = folds(&(of_fold(0) + &of_fold(1)));
    for (name, text, what) in [
        ("folds", folds(&of_fold(0)), "line 2: nothing is told of fold 1"),
        (
            "curve",
            format!("{CURVE_HEADER}\n{curve}"),
            "line 4: fold 1 was trained for 2 epochs, and has 1 here",
        ),
        ("interim", format!("{INTERIM_HEADER}\n{interim}"), "line 2: nothing is told of clip b"),
    ] {
        let (folds, cut) = ("speaker5-seed1-folds.csv", format!("speaker5-seed1-{name}.csv"));
        let message = refusal(&[("speaker5-seed1.csv", &whole), (folds, &both), (&cut, &text)]);
        assert!(message.contains(&cut) && message.contains(what), "{name}: {message}");
    }
}

#[test]
fn facts_about_folds_that_cannot_be_are_refused() {
    let good_line = "0,900,1,05 06,60,0.810000,0.750000,0.900000,0.050000,,,12.500000,188120,1";
    for (line, what) in [
        (good_line.replace("0,900,1,", "0,900,2,"), "test_clips is 2, the predictions have 1"),
        (good_line.replace("05 06", "05 01"), "speaker 01 is among the validation"),
        (good_line.replace("0.810000", "0.000000"), "temperature is 0"),
        (good_line.replace("0.810000", "NaN"), "temperature is NaN"),
        (good_line.replace("0.750000", "-1.0"), "stream_temperature is -1"),
        (good_line.replace("0.050000", "1.500000"), "conformal_threshold is 1.5"),
        (good_line.replace("12.500000", "-1.000000"), "wall_seconds is -1"),
        (good_line.replace("188120,1", "188120,2"), "seed is 2"),
        (good_line.replace("05 06", "05  06"), "would be written as"),
        (format!("{good_line}\n{good_line}"), "fold 0 stands twice"),
    ] {
        let folds = format!("{FOLDS_HEADER}\n{line}\n");
        let files = [
            ("speaker5-seed1.csv", predictions(&[&good("a", "01", 0)])),
            ("speaker5-seed1-folds.csv", folds),
        ];
        let message = refusal(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
        assert!(message.contains("-folds.csv, line ") && message.contains(what), "{message}");
    }
}

#[test]
fn learning_curves_that_cannot_be_are_refused() {
    for (line, what) in [
        ("0,1,NaN,0.500000,", "loss is NaN"),
        ("0,1,2.000000,1.500000,", "training_accuracy is 1.5"),
        ("0,1,2.000000,0.500000,-0.100000", "validation_accuracy is -0.1"),
        ("0,2,2.000000,0.500000,\n0,1,2.000000,0.500000,", "epoch 1 of fold 0 stands behind"),
    ] {
        let curve = format!("{CURVE_HEADER}\n{line}\n");
        let whole = predictions(&[&good("a", "01", 0)]);
        let message = refusal(&[("speaker5-seed1.csv", &whole), ("speaker5-seed1-curve.csv", &curve)]);
        assert!(message.contains("-curve.csv, line ") && message.contains(what), "{message}");
    }
}

#[test]
fn interim_answers_that_do_not_belong_to_the_predictions_are_refused() {
    let good_line = format!("a,01,speaker5,1,0,0.5,calm,calm,{VALUES}");
    for (line, what) in [
        (good_line.replace("0.5,calm", "0.50,calm"), "would be written as"),
        (good_line.replace("0.5,calm", "later,calm"), "heard_seconds is \"later\""),
        (good_line.replace("0.5,calm", "-1,calm"), "heard_seconds is \"-1\""),
        (good_line.replace("a,01", "b,01"), "clip b is not among the predictions"),
        (good_line.replace("0.5,calm", "0.5,sad"), "another speaker, fold or truth"),
        (format!("{good_line}\n{good_line}"), "clip a heard to 0.5 stands twice"),
        (format!("{}\n{good_line}", good_line.replace("0.5,", "end,")), "stands behind a later one"),
        (format!("{good_line}\n{}", good_line.replace("0.5,calm", "1,sad")), "changes its speaker"),
    ] {
        let interim = format!("{INTERIM_HEADER}\n{line}\n");
        let whole = predictions(&[&good("a", "01", 0)]);
        let message = refusal(&[("speaker5-seed1.csv", &whole), ("speaker5-seed1-interim.csv", &interim)]);
        assert!(message.contains("-interim.csv, line ") && message.contains(what), "{message}");
    }
}

#[test]
fn a_clip_in_which_no_speech_was_found_has_neither_answer_nor_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let text = predictions(&["a,01,speaker5,1,0,calm,,,,,,,,,"]);
    fs::write(folder.path().join("speaker5-seed1.csv"), text).unwrap();
    let evidence = Evidence::open(folder.path()).unwrap();
    assert_eq!(evidence.runs()[0].predictions[0].answer, None);
}

#[test]
fn whatever_byte_is_changed_nothing_panics() {
    let line = good("b", "02", 1);
    let text = predictions(&[&good("a", "01", 0), &line]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("speaker5-seed1.csv");
    for place in 0..text.len() {
        for byte in [b',', b'\n', b'-', b'9', 0, 0xff] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = byte;
            fs::write(&path, bytes).unwrap();
            if let Ok(evidence) = Evidence::open(folder.path()) {
                assert_eq!(evidence.runs()[0].predictions.len(), 2);
            }
        }
    }
}

#[test]
fn a_file_that_was_cut_inside_a_line_is_refused() {
    let text = predictions(&[&good("a", "01", 0), &good("b", "02", 1)]);
    for place in (0..text.len()).filter(|place| !text[..*place].ends_with('\n')) {
        let message = refusal(&[("speaker5-seed1.csv", &text[..place])]);
        assert!(message.contains(", line "), "{message}");
    }
}

#[test]
fn a_file_that_was_cut_between_lines_is_found_by_the_facts_about_its_folds() {
    let folds = format!("{FOLDS_HEADER}\n0,900,2,,60,,,,,,,12.500000,188120,1\n");
    let cut = predictions(&[&good("a", "01", 0)]);
    let message = refusal(&[("speaker5-seed1.csv", &cut), ("speaker5-seed1-folds.csv", &folds)]);
    assert!(message.contains("line 2: test_clips is 2, the predictions have 1"), "{message}");
}
