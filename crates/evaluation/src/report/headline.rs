//! The two figures that matter most, and why they differ.

use super::facts::Facts;
use super::number::{in_words, interval, percent, thousands};
use super::section::{Card, Section};
use crate::evidence::Protocol;
use crate::summary::{ProtocolSummary, Summary};

pub(super) fn section(summary: &Summary, facts: &Facts) -> Section {
    let cards = summary.measured().map(|(protocol, own)| card(protocol, own)).collect();
    let mut text = vec![
        "Every answer counted here is about a clip that the network did not learn from. A clip in which no \
         speech was found counts as wrong."
            .to_owned(),
    ];
    if let Some(own) = summary.protocol(Protocol::Speaker5) {
        text.insert(0, for_new_people(own, facts));
    }
    if let Some(sentence) = comparison(summary) {
        text.insert(1, sentence);
    }
    Section { anchor: "headline", title: "In short", text, cards }
}

fn for_new_people(own: &ProtocolSummary, facts: &Facts) -> String {
    format!(
        "Asked about people it has never heard, {} names the emotion of {} of the clips right; guessing would name one in {}. \
         With other speakers of the same kind, {} would be no surprise (95 % interval).",
        facts.model,
        percent(own.accuracy.value),
        in_words(own.figures.emotions_heard()),
        interval(&own.accuracy)
    )
}

fn comparison(summary: &Summary) -> Option<String> {
    let new = summary.protocol(Protocol::Speaker5)?.accuracy.value;
    let known = summary.protocol(Protocol::Random80)?.accuracy.value;
    Some(format!(
        "With a random split the figure is {} ({:+.1} points): speakers are on both sides, so the network knows the \
         voices that it is asked about. Compare that figure with publications that split this way; for new \
         people only the speaker-independent one is true.",
        percent(known),
        100.0 * (known - new)
    ))
}

fn card(protocol: Protocol, own: &ProtocolSummary) -> Card {
    let how = match protocol {
        Protocol::Speaker5 => format!(
            "Speaker-independent: {} folds by speaker; nobody is on both sides.",
            in_words(own.by_fold.folds())
        ),
        Protocol::Random80 => {
            "Random split: 80 % of the clips are learnt from; speakers are on both sides.".to_owned()
        }
    };
    let note = format!(
        "{how} Accuracy over {} answers, 95 % interval {}. UAR {}, interval {}. {}.",
        thousands(own.figures.clips as u64),
        interval(&own.accuracy),
        percent(own.uar.value),
        interval(&own.uar),
        seeds(own)
    );
    Card { figure: Some(percent(own.accuracy.value)), ..Card::of(protocol, note) }
}

fn seeds(own: &ProtocolSummary) -> String {
    let seeds: Vec<String> = own.seeds.iter().map(u32::to_string).collect();
    match seeds.len() {
        1 => format!("One seed ({})", seeds[0]),
        count => format!("{count} seeds ({})", seeds.join(", ")),
    }
}
