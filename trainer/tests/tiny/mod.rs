//! Little to learn, and networks that are small enough to learn it in a test.

use std::fs;
use std::path::Path;
use undertone_trainer::{Body, CnnShape, TrainingRecipe};

/// Copies six clips of each of three actors into `folder`.
pub(crate) fn clips(data: &Path, folder: &Path) {
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

/// The recipe of the CNN with networks that learn in no time.
pub(crate) fn recipe() -> TrainingRecipe {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/cnn.toml");
    let mut recipe = TrainingRecipe::read(&path).expect("a good recipe");
    let body = Body::Cnn(CnnShape { channels: [2, 2, 3, 3], attention: 4 });
    (recipe.speeds_percent, recipe.ensemble) = (vec![100], 1);
    (recipe.pitches_cents, recipe.lines) = (vec![], vec![]);
    for (architecture, plan) in
        [(&mut recipe.whole, &mut recipe.whole_plan), (&mut recipe.stream, &mut recipe.stream_plan)]
    {
        architecture.body = body.clone();
        (plan.epochs, plan.batch) = (2, 4);
    }
    recipe
}
