//! The shipped models do what their cards say, through the program and on real clips.

use std::process::Command;
use undertone_tests::{corpus, stage};

#[test]
fn both_models_reach_the_accuracy_of_their_cards_on_their_test_speakers() {
    let Some(corpus) = corpus() else { return };
    for model in ["cnn", "lstm"] {
        let output = Command::new(stage().unwrap().join("bin/undertone"))
            .args([
                "evaluate",
                corpus.join("ravdess").to_str().unwrap(),
                "--model",
                model,
                "--format",
                "json",
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
        let evaluation: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(evaluation["clips"], 300, "five speakers with 60 clips each");
        for figure in ["accuracy", "uar"] {
            let measured = evaluation["measured"][figure].as_f64().unwrap();
            let card = evaluation["card"][figure].as_f64().unwrap();
            assert!((measured - card).abs() <= 0.01, "{model} {figure}: measured {measured}, card {card}");
        }
    }
}
