//! Recipes are read strictly, checked wholly, and known by their fingerprint.

use std::collections::BTreeSet;
use undertone_features::{Block, FeatureExtractor, Mistake, Recipe, RecipeError};

#[test]
fn every_named_recipe_is_valid_and_survives_its_json() {
    for name in Recipe::names() {
        let recipe = Recipe::named(name).unwrap();
        assert_eq!(Recipe::from_json(&recipe.to_json()).unwrap(), recipe);
        let layout = FeatureExtractor::new(&recipe).unwrap().layout().clone();
        assert_eq!(layout.columns.len(), layout.dim);
        assert_eq!(layout.columns.iter().collect::<BTreeSet<_>>().len(), layout.dim, "{name}");
    }
    assert_eq!(Recipe::named("logmel65"), None);
}

#[test]
fn columns_are_named_in_their_order() {
    let columns = |name| {
        let recipe = Recipe::named(name).unwrap();
        FeatureExtractor::new(&recipe).unwrap().layout().columns.clone()
    };
    assert_eq!(columns("prosody"), ["rms", "zcr", "f0_hz", "voicing"]);
    let cepstra = columns("mfcc13-deltas");
    assert_eq!([&*cepstra[0], &*cepstra[13], &*cepstra[38]], ["mfcc_00", "mfcc_00_delta", "mfcc_12_delta2"]);
    assert_eq!(columns("logmel64")[63], "mel_63");
}

/// A pinned value changes when the JSON's form, a named recipe or the revision of the maths does, and then no
/// bundle trained before can be served.
#[test]
fn fingerprints_are_stable() {
    let recipe = Recipe::named("logmel64").unwrap();
    assert_eq!(
        recipe.to_json(),
        "{\"sample_rate_hz\":16000,\"window_samples\":400,\"hop_samples\":160,\"fft_size\":1024,\
         \"window\":\"hann_periodic\",\"blocks\":[{\"log_mel\":{\"mel\":{\"bins\":64,\"f_min_hz\":50.0,\
         \"f_max_hz\":7600.0,\"scale\":\"htk\",\"norm\":\"none\"},\"log\":{\"natural\":{\"floor\":1e-10}}}}]}"
    );
    assert_eq!(
        recipe.fingerprint(),
        "sha256:f59637b947ff40ff954957e670becbb841c8af655dd5c44d8523b3a1e6aece5a"
    );
}

#[test]
fn spacing_of_the_json_does_not_change_the_fingerprint() {
    let recipe = Recipe::named("mfcc13").unwrap();
    let spaced = recipe.to_json().replace(',', " ,\n ").replace("0.0,", "0,");
    assert_eq!(Recipe::from_json(&spaced).unwrap().fingerprint(), recipe.fingerprint());
}

#[test]
fn every_parameter_changes_the_fingerprint() {
    let changes: [(&str, &[(&str, &str)]); 3] = [
        (
            "logmel64",
            &[
                ("16000", "8000"),
                ("\"window_samples\":400", "\"window_samples\":402"),
                ("160,", "161,"),
                ("1024", "2048"),
                ("\"bins\":64", "\"bins\":63"),
                ("50.0", "50.5"),
                ("7600.0", "7600.5"),
                ("htk", "slaney"),
                ("none", "slaney"),
                ("natural", "decibel"),
                ("1e-10", "1e-9"),
            ],
        ),
        (
            "mfcc13-deltas",
            &[
                ("\"coefficients\":13", "\"coefficients\":12"),
                ("\"deltas\":2", "\"deltas\":1"),
                ("\"delta_width\":9", "\"delta_width\":7"),
            ],
        ),
        (
            "prosody",
            &[
                ("\"rms\":true", "\"rms\":false"),
                ("\"zcr\":true", "\"zcr\":false"),
                ("60.0", "61.0"),
                ("500.0", "501.0"),
                ("0.15", "0.1"),
                ("800", "801"),
            ],
        ),
    ];
    let mut seen = BTreeSet::new();
    for (name, changes) in changes {
        let json = Recipe::named(name).unwrap().to_json();
        seen.insert(Recipe::named(name).unwrap().fingerprint());
        for (from, to) in changes {
            let changed: Recipe = serde_json::from_str(&json.replacen(from, to, 1)).unwrap();
            assert!(seen.insert(changed.fingerprint()), "{name}: {from} to {to}");
        }
    }
}

#[test]
fn unknown_and_missing_fields_are_refused() {
    let json = Recipe::named("logmel64").unwrap().to_json();
    for wrong in [
        json.replace("\"bins\"", "\"bands\""),
        json.replacen('{', "{\"centre\":true,", 1),
        json.replace("\"hop_samples\":160,", ""),
        json.replace("log_mel", "cqt"),
        json.replace("{\"floor\":1e-10}", "{\"floor\":1e-10,\"top_db\":80}"),
    ] {
        assert!(matches!(Recipe::from_json(&wrong), Err(RecipeError::Parse(_))), "{wrong}");
    }
}

#[test]
fn all_mistakes_are_reported_together() {
    let mut recipe = Recipe::named("logmel64").unwrap();
    recipe.fft_size = u32::MAX;
    recipe.hop_samples = 0;
    recipe.blocks.push(recipe.blocks[0].clone());
    assert_eq!(fields(&recipe), ["fft_size", "hop_samples", "blocks[1].log_mel"]);
    recipe.sample_rate_hz = 7_999;
    assert_eq!(fields(&recipe), ["fft_size", "hop_samples", "sample_rate_hz"]);

    let mut recipe = Recipe::named("mfcc13-deltas").unwrap();
    let Block::Mfcc(mfcc) = &mut recipe.blocks[0] else { unreachable!("the recipe holds cepstra") };
    mfcc.coefficients = 41;
    mfcc.deltas = 3;
    mfcc.delta_width = 8;
    mfcc.mel.f_max_hz = f64::NAN;
    let blocks = ["mel.f_max_hz", "coefficients", "deltas", "delta_width"];
    assert_eq!(fields(&recipe), blocks.map(|field| format!("blocks[0].mfcc.{field}")));
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let wrong = [
        ("logmel64", "\"bins\":64", "\"bins\":256", "blocks[0].log_mel.mel.bins"),
        ("logmel64", "7600.0", "8000.1", "blocks[0].log_mel.mel.f_max_hz"),
        ("logmel64", "50.0", "7600.0", "blocks[0].log_mel.mel.f_max_hz"),
        ("logmel64", "1e-10", "0.0", "blocks[0].log_mel.log.floor"),
        ("logmel64", "400", "401", "window_samples"),
        ("logmel64", "160,", "401,", "hop_samples"),
        ("logmel64", "1024", "32768", "fft_size"),
        ("prosody", "60.0", "500.0", "blocks[0].prosody.f0.min_hz"),
        ("prosody", "500.0", "4001.0", "blocks[0].prosody.f0.max_hz"),
        ("prosody", "0.15", "1.0", "blocks[0].prosody.f0.threshold"),
        ("prosody", "800", "500", "blocks[0].prosody.f0.span_samples"),
    ];
    for (name, from, to, field) in wrong {
        let json = Recipe::named(name).unwrap().to_json().replacen(from, to, 1);
        let recipe: Recipe = serde_json::from_str(&json).unwrap();
        assert_eq!(fields(&recipe), [field], "{name}: {from} to {to}");
    }
}

#[test]
fn a_kind_of_block_may_stand_once() {
    let mut recipe = Recipe::named("logmel64").unwrap();
    recipe.blocks.push(recipe.blocks[0].clone());
    assert_eq!(fields(&recipe), ["blocks[1].log_mel"]);
    recipe.blocks.clear();
    assert_eq!(fields(&recipe), ["blocks"]);
}

fn fields(recipe: &Recipe) -> Vec<String> {
    match recipe.validate() {
        Err(RecipeError::Invalid(mistakes)) => {
            mistakes.into_iter().map(|Mistake { field, .. }| field).collect()
        }
        other => panic!("expected mistakes, got {other:?}"),
    }
}
