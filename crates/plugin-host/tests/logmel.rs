//! The plugin `logmel` gives the frames of `undertone-features`, to the last bit.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::Site;
use undertone_core::{EndReason, Frames};
use undertone_features::{FeatureExtractor, Recipe};

/// A second of two tones that beat.
fn samples() -> Vec<f32> {
    (0..16_000)
        .map(|n| n as f32 / 16_000.0)
        .map(|t| 0.3 * (1_382.3 * t).sin() + 0.2 * (2_827.4 * t).sin())
        .collect()
}

#[test]
fn every_named_recipe_gives_the_same_frames_on_both_sides_of_the_boundary() {
    let site = Site::new();
    for &name in Recipe::names() {
        let mut direct = FeatureExtractor::new(&Recipe::named(name).expect("named")).expect("valid");
        let mut plugin =
            site.host.extractor("logmel", &format!("{{\"recipe\": \"{name}\"}}")).expect("named");
        assert_eq!(plugin.layout(), direct.layout(), "{name}");
        let (mut expected, mut found) = (Frames::new(direct.layout().dim), Frames::new(direct.layout().dim));
        direct.push(&samples(), &mut expected);
        direct.finish(&mut expected);
        for _stream in 0..2 {
            found.clear();
            for piece in samples().chunks(777) {
                plugin.push(piece, &mut found).expect("good");
            }
            plugin.finish(&mut found).expect("good");
            assert_eq!(found, expected, "{name}");
            plugin.reset(EndReason::Finished).expect("good");
        }
    }
}

#[test]
fn a_recipe_may_be_given_in_full() {
    let site = Site::new();
    let recipe = Recipe::named("mfcc13").expect("named");
    let extractor =
        site.host.extractor("logmel", &format!("{{\"recipe\": {}}}", recipe.to_json())).expect("good");
    assert_eq!(extractor.layout().dim, 13);
}

#[test]
fn an_unknown_recipe_is_answered_with_those_that_exist() {
    let error = Site::new().host.extractor("logmel", "{\"recipe\": \"loudness\"}").err().expect("unknown");
    assert!(error.to_string().contains("no recipe \"loudness\"; there are: logmel64"), "{error}");
}
