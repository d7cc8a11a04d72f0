//! What a model learnt from, and what it was measured by.

use crate::dataset::Part;
use crate::shipment::{Origin, Shipment};
use std::collections::{BTreeSet, HashSet};
use undertone_core::Emotion;

/// The clips that it is measured by.
pub(super) fn evaluation(shipment: &Shipment<'_>) -> String {
    let text = match &shipment.origin {
        Origin::Evidence(_) => format!(
            "The clips of {} themselves, each by networks of the same recipe that did not learn from it: in `speaker5` not from \
             its speaker either. The predictions, with the fold of each clip, lie in `evaluation` beside the versions. No other data \
             set was measured.",
            shipment.sheet.dataset
        ),
        Origin::HeldOut(measured) => {
            let clips = measured.judged.len();
            let speakers = names(shipment, Part::Test);
            format!(
                "{clips} clips of {} (speakers {speakers}), of whom nothing was learnt.",
                shipment.sheet.dataset
            )
        }
    };
    format!("## Evaluation data\n\n{text}\n")
}

/// The clips that it learnt from.
pub(super) fn training(shipment: &Shipment<'_>) -> String {
    let material = &shipment.trained.material;
    let speakers: Vec<&str> =
        material.split.training_speakers().iter().map(|speaker| speaker.name()).collect();
    let about = shipment.sheet.about.as_deref().map(|about| format!(" {about}")).unwrap_or_default();
    format!(
        "## Training data\n\nLearnt from {} clips of {} (speakers {}{}), {} and {} epochs. Its licence, which the weights \
         take over: {}.{}{about}\n\n> {}\n",
        shipment.trained.clips_learnt(),
        shipment.sheet.dataset,
        speakers.join(" "),
        also_learnt(shipment),
        shipment.trained.whole[0].reports().len(),
        shipment.trained.stream.as_ref().map_or(0, |run| run.reports().len()),
        shipment.sheet.licence,
        never_heard(shipment),
        shipment.sheet.citation
    )
}

/// Labels that no clip to learn from has. The graph has a place for them all the same.
fn never_heard(shipment: &Shipment<'_>) -> String {
    let material = &shipment.trained.material;
    let learnt: HashSet<Emotion> =
        material.split.clips(Part::Training).into_iter().map(|clip| material.clips[clip].emotion).collect();
    let missing: Vec<&str> =
        Emotion::ALL.iter().filter(|label| !learnt.contains(label)).map(|label| label.name()).collect();
    if missing.is_empty() {
        return String::new();
    }
    format!(
        " No clip is {}: the model never heard these, and what it says of them means nothing.",
        missing.join(" or ")
    )
}

/// Whom all networks of an ensemble but the first one learnt from besides.
fn also_learnt(shipment: &Shipment<'_>) -> String {
    let speakers = names(shipment, Part::Validation);
    if speakers.is_empty() || shipment.trained.whole.len() == 1 {
        return String::new();
    }
    format!("; all networks but the first one from {speakers} too")
}

fn names(shipment: &Shipment<'_>, part: Part) -> String {
    let material = &shipment.trained.material;
    let clips = material.split.clips(part).into_iter();
    let speakers: BTreeSet<&str> = clips.map(|clip| material.clips[clip].speaker.name()).collect();
    speakers.into_iter().collect::<Vec<_>>().join(" ")
}
