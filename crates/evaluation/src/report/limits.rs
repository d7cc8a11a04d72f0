//! What the figures do not say, and what the model is not for.

use super::facts::Facts;
use super::section::{Card, Section};

pub(super) fn section(facts: &Facts) -> Section {
    let data = format!("{}. {}", facts.data_set, facts.citation);
    let cards = vec![
        Card::new("What was measured", measured(facts)),
        Card::new(
            "How it sounds, not what is felt",
            "A label is a guess about how something is said. It is no evidence about what a person feels, and none \
             about honesty, health or character.",
        ),
        Card::new(
            "Not for decisions about people",
            "No clinical use, and none in employment: not in hiring or at work, nor in schools, policing or \
             insurance. The European Union's AI Act (article 5) forbids recognising emotions of employees and pupils.",
        ),
        Card::new(
            "Ask first",
            "Tell people when their voice is analysed, and ask them before. Look at the figures of single speakers and \
             emotions before relying on any of them.",
        ),
        Card::new("Data", data),
        Card::new("Licence of the weights", facts.licence.clone()),
    ];
    Section { anchor: "limits", title: "Limits and fair use", text: Vec::new(), cards }
}

/// What is known of the clips comes from the data sheet; nothing is taken for granted without one.
fn measured(facts: &Facts) -> String {
    let about = match &facts.about {
        Some(about) => about.clone(),
        None => format!("All clips are of {}.", facts.data_set),
    };
    format!(
        "{about} Speech of another kind was not measured: spontaneous or acted otherwise, in other languages, accents and ages, \
         with other microphones and noise. Expect worse figures there."
    )
}
