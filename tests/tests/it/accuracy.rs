//! Models do what their cards say, through the program and on real clips.

use std::path::Path;
use std::process::{Command, Output};
use undertone_tests::{corpus, crowd, stage};

fn evaluate(corpus: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command
        .arg("evaluate")
        .arg(corpus.join("ravdess"))
        .args(["--format", "json"])
        .args(flags)
        .output()
        .unwrap()
}

fn evaluation(corpus: &Path, flags: &[&str]) -> serde_json::Value {
    let output = evaluate(corpus, flags);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn models_reach_the_accuracy_of_their_cards_on_their_test_speakers() {
    let Some(corpus) = corpus() else { return };
    let models = crowd::unseen_models();
    for model in ["cnn", "lstm"] {
        let flags = ["--model", model, "--models-dir", models.to_str().unwrap()];
        let evaluation = evaluation(&corpus, &flags);
        assert_eq!(evaluation["clips"], 300, "five speakers with 60 clips each");
        assert_eq!(evaluation["learnt_from"], serde_json::json!([]));
        for figure in ["accuracy", "uar"] {
            let measured = evaluation["measured"][figure].as_f64().unwrap();
            let card = evaluation["card"][figure].as_f64().unwrap();
            assert!((measured - card).abs() <= 0.01, "{model} {figure}: measured {measured}, card {card}");
        }
    }
}

#[test]
fn a_model_that_learnt_from_everybody_is_not_judged_by_them_unless_it_is_said_to_flatter() {
    let Some(corpus) = corpus() else { return };
    let refused = evaluate(&corpus, &["--model", "cnn"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("learnt from every speaker"), "{why}");
    let flattering = evaluation(&corpus, &["--model", "cnn", "--speakers", "2"]);
    assert_eq!((&flattering["clips"], &flattering["learnt_from"]), (&60.into(), &serde_json::json!(["2"])));
}
