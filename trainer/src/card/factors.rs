//! What the answers of a model depend on.

use crate::TrainingRecipe;
use crate::training::Augmentation;

/// What they depend on, and what of that training imitates.
pub(super) fn factors(recipe: &TrainingRecipe) -> String {
    let varied = match imitated(recipe).join(", ") {
        none if none.is_empty() => "were not varied".to_owned(),
        changes => format!("were varied by imitation only: training changes {changes}"),
    };
    format!(
        "## Factors\n\nHow well it hears depends on the speaker, the sex of the speaker and the emotion: figures are told by each of \
         them, below or in the report. Language, accent, age, health, microphone, room and noise matter too, and {varied}.\n"
    )
}

/// How clips to learn from are changed.
fn imitated(recipe: &TrainingRecipe) -> Vec<String> {
    let Augmentation { gain_db, equaliser_db, noise, .. } = recipe.whole_plan.augmentation;
    let speeds = ends(&recipe.speeds_percent).filter(|(slowest, fastest)| slowest != fastest);
    let pitches = ends(&recipe.pitches_cents);
    let lines: Vec<&str> = recipe.lines.iter().map(|line| line.name()).collect();
    let changes = [
        (gain_db > 0.0).then(|| format!("level (by up to {gain_db} dB)")),
        (equaliser_db > 0.0).then(|| format!("colour (by up to {equaliser_db} dB)")),
        (noise > 0.0).then(|| format!("steady noise (in {:.0} %)", 100.0 * noise)),
        speeds.map(|(slowest, fastest)| format!("speed ({slowest} to {fastest} %)")),
        pitches.map(|(lowest, highest)| format!("pitch (from {lowest} to {highest} cents)")),
        (!lines.is_empty()).then(|| format!("telephone line ({}; mu-law)", lines.join(", "))),
    ];
    changes.into_iter().flatten().collect()
}

/// The least and the most of them.
fn ends<T: Ord + Copy>(values: &[T]) -> Option<(T, T)> {
    values.iter().copied().min().zip(values.iter().copied().max())
}
