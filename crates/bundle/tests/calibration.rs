//! What a bundle may say about how far its scores can be trusted.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::{FILES, manifest};
use undertone_bundle::{Bundle, Calibration, Conformal};

const FULL: Calibration = Calibration {
    temperature: 1.25,
    abstain_below: Some(0.4),
    abstain_error: Some(0.2),
    conformal: Some(Conformal { coverage: 0.9, threshold: 0.07 }),
};

fn refusal(calibration: Calibration) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wrong = undertone_bundle::Manifest { calibration, ..manifest() };
    Bundle::write(&folder.path().join("x"), wrong, FILES).expect_err("should be refused").to_string()
}

#[test]
fn threshold_and_sets_are_written_and_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let written = undertone_bundle::Manifest { calibration: FULL, ..manifest() };
    let bundle = Bundle::write(&folder.path().join("x"), written, FILES).expect("good");
    assert_eq!(bundle.manifest().calibration, FULL);
    let text = std::fs::read_to_string(bundle.dir().join("bundle.toml")).expect("written");
    for line in ["abstain_below = 0.4", "[calibration.conformal]", "coverage = 0.9", "threshold = 0.07"] {
        assert!(text.contains(line), "{line} not in {text}");
    }
}

#[test]
fn a_bundle_may_say_nothing_beyond_its_temperature() {
    let written = support::Written::new();
    let text = std::fs::read_to_string(written.dir().join("bundle.toml")).expect("written");
    assert!(!text.contains("abstain") && !text.contains("conformal") && !text.contains("golden"), "{text}");
    let bundle = Bundle::open(&written.dir()).expect("good");
    assert_eq!(bundle.manifest().calibration, Calibration::of_temperature(1.25));
}

#[test]
fn numbers_out_of_range_are_reported_together() {
    let refusal = refusal(Calibration {
        temperature: f32::NAN,
        abstain_below: Some(1.5),
        abstain_error: Some(-0.1),
        conformal: Some(Conformal { coverage: 1.0, threshold: f32::NAN }),
    });
    for part in [
        "calibration.temperature: NaN is not above 0",
        "calibration.abstain_below: 1.5 is not from 0 to 1",
        "calibration.abstain_error: -0.1 is not from 0 to 1",
        "calibration.conformal.threshold: NaN is not from 0 to 1",
        "calibration.conformal.coverage: 1 is not between 0 and 1",
    ] {
        assert!(refusal.contains(part), "{part} not in {refusal}");
    }
}

#[test]
fn an_error_without_its_threshold_is_refused() {
    let refusal = refusal(Calibration { abstain_below: None, ..FULL });
    assert!(refusal.contains("calibration.abstain_error: says nothing without abstain_below"), "{refusal}");
}
