//! How the networks learnt.

use super::number::{decimal, optional_decimal, percent};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Axis, Series, Stroke, lines};
use crate::evidence::{Epoch, Evidence, FoldFacts, Protocol, Run};
use std::collections::BTreeSet;

pub(super) fn section(evidence: &Evidence) -> Option<Section> {
    let mut cards = Vec::new();
    for protocol in Protocol::ALL {
        let runs = evidence.of(protocol);
        cards.extend(folds(&runs).into_iter().map(|fold| accuracy(protocol, fold, &runs)));
        cards.extend(loss(protocol, &runs));
    }
    cards.extend(Protocol::ALL.into_iter().filter_map(|protocol| facts(protocol, &evidence.of(protocol))));
    let text = vec![
        "The accuracy on clips that a network learns from, and on validation speakers who take no part in it. \
         The distance between both is what does not carry over to other people. One line per seed."
            .to_owned(),
    ];
    (!cards.is_empty()).then_some(Section { anchor: "learning", title: "Learning", text, cards })
}

fn folds(runs: &[&Run]) -> BTreeSet<u32> {
    runs.iter().flat_map(|run| run.curve.iter().map(|epoch| epoch.fold)).collect()
}

fn accuracy(protocol: Protocol, fold: u32, runs: &[&Run]) -> Card {
    let training = |epoch: &Epoch| Some(epoch.training_accuracy);
    let mut series = curves(runs, Some(fold), Stroke::Quiet, "training", training);
    series.extend(curves(runs, Some(fold), Stroke::Main, "validation", |epoch| epoch.validation_accuracy));
    let last = |name: &str| {
        let own: Vec<f64> = series.iter().filter(|own| own.name == name).filter_map(last_value).collect();
        (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64)
    };
    let ends =
        ["training", "validation"].map(|name| last(name).map(|end| format!("{name} {}", percent(end))));
    let ends: Vec<String> = ends.into_iter().flatten().collect();
    let note = format!("At the end: {}.", ends.join(", "));
    let title = format!("{}, fold {fold}", protocol.title());
    let about = About { title: &format!("Learning curve, {title}"), summary: &note };
    let chart = lines(about, epochs(&series), Axis::share("accuracy"), &series);
    Card { title, chart: Some(chart), ..Card::of(protocol, note) }
}

fn loss(protocol: Protocol, runs: &[&Run]) -> Option<Card> {
    let series = curves(runs, None, Stroke::Main, "one fold", |epoch| Some(epoch.loss));
    let highest = series.iter().flat_map(|own| &own.points).map(|point| point.1).fold(0.0, f64::max);
    if series.is_empty() {
        return None;
    }
    let ends: Vec<f64> = series.iter().filter_map(last_value).collect();
    let mean = ends.iter().sum::<f64>() / ends.len().max(1) as f64;
    let note = format!("Training loss of every fold; {} on average at the end.", decimal(mean));
    let title = format!("{}, loss", protocol.title());
    let about = About { title: &format!("Training loss, {title}"), summary: &note };
    let chart = lines(about, epochs(&series), Axis::up_to("loss", highest), &series);
    Some(Card { title, chart: Some(chart), ..Card::of(protocol, note) })
}

fn curves(
    runs: &[&Run],
    fold: Option<u32>,
    stroke: Stroke,
    name: &'static str,
    value: impl Fn(&Epoch) -> Option<f64>,
) -> Vec<Series> {
    let mut series = Vec::new();
    for run in runs {
        for own in folds(&[run]).into_iter().filter(|own| fold.is_none_or(|fold| fold == *own)) {
            let epochs = run.curve.iter().filter(|epoch| epoch.fold == own);
            let points: Vec<_> =
                epochs.filter_map(|epoch| Some((f64::from(epoch.epoch), value(epoch)?))).collect();
            if !points.is_empty() {
                series.push(Series { name, stroke, points, dotted: false });
            }
        }
    }
    series
}

fn epochs(series: &[Series]) -> Axis {
    let last = series.iter().filter_map(|own| Some(own.points.last()?.0)).fold(1.0, f64::max);
    Axis::up_to("epoch", last)
}

fn last_value(series: &Series) -> Option<f64> {
    series.points.last().map(|point| point.1)
}

fn facts(protocol: Protocol, runs: &[&Run]) -> Option<Card> {
    let rows: Vec<Vec<String>> =
        runs.iter().flat_map(|run| run.folds.iter().map(|facts| fact_row(run.id.seed, facts))).collect();
    let total: f64 = runs.iter().flat_map(|run| &run.folds).map(|facts| facts.wall_seconds).sum();
    let header = [
        "seed and fold",
        "learnt from",
        "asked about",
        "validation speakers",
        "epochs",
        "temperature",
        "set threshold",
        "abstain below",
        "minutes",
    ];
    let note = format!("The training of every fold; {:.1} hours in all.", total / 3600.0);
    let title = format!("{}, trainings", protocol.title());
    (!rows.is_empty()).then(|| Card {
        title,
        table: Some(Table::new(&header, rows)),
        ..Card::of(protocol, note)
    })
}

fn fact_row(seed: u32, facts: &FoldFacts) -> Vec<String> {
    let validation = match facts.validation_speakers.as_slice() {
        [] => "–".to_owned(),
        speakers => speakers.join(" "),
    };
    vec![
        format!("seed {seed}, fold {}", facts.fold),
        facts.training_clips.to_string(),
        facts.test_clips.to_string(),
        validation,
        facts.epochs.to_string(),
        optional_decimal(facts.temperature),
        optional_decimal(facts.conformal_threshold),
        facts.abstain_below.map_or_else(|| "–".to_owned(), percent),
        format!("{:.1}", facts.wall_seconds / 60.0),
    ]
}
