//! Bundles with weights in 8 bits, which lie apart from what is served.

use super::{clip, printed, undertone};
use tempfile::TempDir;
use undertone_tests::{CNN, LSTM, copy_tree, repository};

#[test]
fn shipped_weights_in_8_bits_answer_when_they_lie_beside_the_release_and_are_pinned() {
    for (model, version) in [CNN, LSTM].map(|name| name.split_once('@').unwrap()) {
        let (folder, rounded) = (TempDir::new().unwrap(), format!("{version}-int8"));
        let (shipped, models) = (repository().join("models").join(model), folder.path().join(model));
        copy_tree(&shipped.join(version), &models.join(version)).unwrap();
        copy_tree(&shipped.join("int8").join(&rounded), &models.join(&rounded)).unwrap();
        let (models, pin) =
            (folder.path().to_str().unwrap(), format!("models.policies.{model}=pinned {rounded}"));
        let asked = ["recognize", &clip(), "--model", model, "--models-dir", models, "--set", &pin];
        let text = printed(&undertone(&asked));
        assert!(text.contains(&format!("{model} {rounded}")), "{text}");
    }
}
