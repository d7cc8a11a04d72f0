//! How much speech an answer needs.

use super::number::{optional_percent, percent};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Axis, Series, Stroke, lines};
use crate::evidence::Protocol;
use crate::statistics::HeardFigures;
use crate::summary::Summary;

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let text = vec![
        "While somebody speaks, a causal network answers from what it has heard so far. The last point is \
         the whole clip, which may be shorter than the points before; a clip that ended counts with its last answer. \
         Clips in which no speech was found are not among these."
            .to_owned(),
    ];
    let heard = summary.measured().filter(|(_, own)| !own.heard.is_empty());
    let cards: Vec<Card> = heard.map(|(protocol, own)| card(protocol, &own.heard)).collect();
    (!cards.is_empty()).then_some(Section { anchor: "heard", title: "Answers while listening", text, cards })
}

fn card(protocol: Protocol, heard: &[HeardFigures]) -> Card {
    let places = places(heard);
    let series = |name, stroke, figure: fn(&HeardFigures) -> f64| {
        let points = places.iter().zip(heard).map(|((x, _), own)| (*x, figure(own))).collect();
        Series { name, stroke, points, dotted: true }
    };
    let drawn =
        [series("accuracy", Stroke::Quiet, |own| own.accuracy), series("UAR", Stroke::Main, |own| own.uar)];
    let note = heard.last().and_then(|last| last.uar_ratio).map_or_else(String::new, |ratio| {
        format!(
            "At the end the causal network has {} of the UAR of the network with full context.",
            percent(ratio)
        )
    });
    let told: Vec<String> =
        heard.iter().map(|own| format!("{}: UAR {}", own.heard, percent(own.uar))).collect();
    let about = About { title: "UAR against seconds heard", summary: &told.join("; ") };
    let axis = Axis::marked("seconds of speech heard", places.clone());
    let chart = lines(about, axis, Axis::share("share named right"), &drawn);
    let header = ["seconds heard", "clips", "accuracy", "UAR", "of full context"];
    let table = Table::new(&header, heard.iter().map(row).collect());
    Card { chart: Some(chart), table: Some(table), ..Card::of(protocol, note) }
}

/// Where each amount of speech stands on the axis, and its name. The end stands behind the last one.
fn places(heard: &[HeardFigures]) -> Vec<(f64, String)> {
    let mut last = 0.0;
    let place = |own: &HeardFigures| {
        last = own.heard.parse().unwrap_or(last + 0.5);
        (last, own.heard.clone())
    };
    heard.iter().map(place).collect()
}

fn row(own: &HeardFigures) -> Vec<String> {
    let (accuracy, uar) = (percent(own.accuracy), percent(own.uar));
    vec![own.heard.clone(), own.clips.to_string(), accuracy, uar, optional_percent(own.uar_ratio)]
}
