//! Whom the network understands how well.

use super::number::percent;
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Bar, BarLayout, bars};
use crate::evidence::Protocol;
use crate::summary::{ProtocolSummary, Summary};

const SPEAKER_ROW: f64 = 17.0;
const SEX_ROW: f64 = 27.0;

pub(super) fn section(summary: &Summary) -> Section {
    let text = vec![
        "Errors are uneven over people. A figure for everyone hides that some voices are understood much worse \
         than others."
            .to_owned(),
    ];
    let mut cards: Vec<Card> = summary.measured().map(|(protocol, own)| speakers(protocol, own)).collect();
    cards.extend(summary.measured().filter_map(|(protocol, own)| sexes(protocol, own)));
    Section { anchor: "people", title: "Each speaker and sex", text, cards }
}

fn speakers(protocol: Protocol, own: &ProtocolSummary) -> Card {
    let bar =
        |speaker: &crate::SpeakerFigures| Bar { label: speaker.speaker.clone(), share: speaker.accuracy };
    let drawn: Vec<Bar> = own.speakers.iter().map(bar).collect();
    let lowest = drawn.iter().min_by(|left, right| left.share.total_cmp(&right.share));
    let highest = drawn.iter().max_by(|left, right| left.share.total_cmp(&right.share));
    let note = match (lowest, highest) {
        (Some(low), Some(high)) => format!(
            "From {} (speaker {}) to {} (speaker {}).",
            percent(low.share),
            low.label,
            percent(high.share),
            high.label
        ),
        _ => String::new(),
    };
    let row =
        |own: &crate::SpeakerFigures| vec![own.speaker.clone(), own.clips.to_string(), percent(own.accuracy)];
    let table = Table::new(&["speaker", "clips", "accuracy"], own.speakers.iter().map(row).collect());
    let reference = Some((own.accuracy.value, "all speakers"));
    let layout = BarLayout { axis: "accuracy", row: SPEAKER_ROW, reference };
    let chart = bars(About { title: "Accuracy of each speaker", summary: &note }, &layout, &drawn);
    Card { chart: Some(chart), table: Some(table), ..Card::of(protocol, note) }
}

fn sexes(protocol: Protocol, own: &ProtocolSummary) -> Option<Card> {
    let [female, male] = own.sexes.as_slice() else { return None };
    let mut drawn = Vec::new();
    for sex in [female, male] {
        drawn.push(Bar { label: format!("{}, accuracy", sex.sex), share: sex.accuracy });
        drawn.push(Bar { label: format!("{}, UAR", sex.sex), share: sex.uar });
    }
    let points = 100.0 * (female.accuracy - male.accuracy);
    let better = if points < 0.0 { "Men" } else { "Women" };
    let note = format!("{better} are named right {:.1} points more often.", points.abs());
    let row = |own: &crate::SexFigures| {
        vec![own.sex.to_owned(), own.clips.to_string(), percent(own.accuracy), percent(own.uar)]
    };
    let table = Table::new(&["sex", "clips", "accuracy", "UAR"], own.sexes.iter().map(row).collect());
    let layout = BarLayout { axis: "share named right", row: SEX_ROW, reference: None };
    let chart = bars(About { title: "Accuracy and UAR by sex", summary: &note }, &layout, &drawn);
    let title = format!("{}, by sex", protocol.title());
    Some(Card { title, chart: Some(chart), table: Some(table), ..Card::of(protocol, note) })
}
