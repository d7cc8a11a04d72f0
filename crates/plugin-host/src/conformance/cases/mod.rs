//! The cases, by topic.

mod classifier_items;
mod classifier_life;
mod classifier_scores;
mod configuration;
mod description;
mod entry;
mod extractor_frames;
mod extractor_life;
mod extractor_streams;
mod library;
mod state;
mod state_items;
mod together;

use super::{Case, Subject, Topic};
use crate::conformance::outcome::Stop;

/// All cases, in the order in which a reader wants to know.
pub(super) const ALL: [&[Case]; 13] = [
    library::CASES,
    entry::CASES,
    configuration::CASES,
    description::OF_EXTRACTORS,
    extractor_life::CASES,
    extractor_frames::CASES,
    extractor_streams::CASES,
    description::OF_CLASSIFIERS,
    classifier_life::CASES,
    classifier_scores::CASES,
    classifier_items::CASES,
    state::CASES,
    state_items::CASES,
];

impl Case {
    const fn new(
        topic: Topic,
        name: &'static str,
        rule: &'static str,
        check: fn(&Subject) -> Result<(), Stop>,
    ) -> Self {
        Self { name, rule, topic, check }
    }
}
