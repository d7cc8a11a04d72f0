//! What saying nothing would gain.

use super::number::{decimal, optional_percent, percent};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Axis, Series, Stroke, lines};
use crate::evidence::Protocol;
use crate::statistics::{AbstentionFigures, RiskCoverage};
use crate::summary::Summary;

pub(super) fn section(summary: &Summary) -> Section {
    let text = vec![
        "An application may hold back the answers of which the network is least sure. The curve shows the \
         share of wrong answers among those kept."
            .to_owned(),
    ];
    let all = summary.measured().filter_map(|(_, own)| own.risk_coverage.as_ref());
    let highest = all.flat_map(|curve| &curve.points).map(|point| point.error).fold(0.0, f64::max);
    let curves = summary.measured().filter_map(|(protocol, own)| {
        let curve = own.risk_coverage.as_ref()?;
        let axis = Axis::share_up_to("wrong", highest);
        Some(card(protocol, curve, own.abstention.as_ref(), axis))
    });
    Section { anchor: "abstention", title: "Holding back unsure answers", text, cards: curves.collect() }
}

fn card(protocol: Protocol, curve: &RiskCoverage, bounds: Option<&AbstentionFigures>, wrong: Axis) -> Card {
    let points: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.kept, point.error)).collect();
    let series =
        [Series { name: "wrong among the kept answers", stroke: Stroke::Main, points, dotted: true }];
    let note = format!(
        "Without the least sure fifth, accuracy changes by {:+.1} points. Mean error over the curve: {}.{}",
        100.0 * curve.gain_without_least_sure_fifth,
        decimal(curve.area),
        bounds.map(sentence).unwrap_or_default()
    );
    let about = About { title: "Error among kept answers", summary: &note };
    let chart = lines(about, Axis::share("answers kept"), wrong, &series);
    let rows = curve.points.iter().map(|point| vec![percent(point.kept), percent(point.error)]).collect();
    let table = Table::new(&["answers kept", "wrong among them"], rows);
    Card { chart: Some(chart), table: Some(table), ..Card::of(protocol, note) }
}

fn sentence(bounds: &AbstentionFigures) -> String {
    format!(
        " With the bounds that the validation speakers set, {} of the answers are kept, and {} of these are wrong.",
        percent(bounds.kept),
        optional_percent(bounds.error)
    )
}
