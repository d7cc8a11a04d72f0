//! `undertone experiments plan`

use crate::experiments::{Document, Forecast, margin};
use anyhow::Context;
use undertone_terminal::say;

/// Differences in points that are told beside the one that is expected.
const POINTS: [f64; 6] = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0];

/// Says how many units the definition in `text`, a JSON object, would take. Nothing is asked of a server.
pub(super) fn plan(text: &str, as_json: bool) -> anyhow::Result<()> {
    let document: Document = serde_json::from_str(text).context("the definition")?;
    let expected =
        document.expect.context("the definition does not say what to expect: give it a table [expect]")?;
    let mistakes = expected.mistakes();
    anyhow::ensure!(mistakes.is_empty(), "{}", mistakes.join("; "));
    let sign = if expected.difference < 0.0 { -1.0 } else { 1.0 };
    let mut differences: Vec<f64> = POINTS.iter().map(|points| sign * points / 100.0).collect();
    differences.push(expected.difference);
    differences.sort_by(|left, right| left.abs().total_cmp(&right.abs()));
    differences.dedup_by(|left, right| (*left - *right).abs() < 1e-9);
    let forecasts = differences.into_iter().filter_map(|own| Forecast::of(&document, own));
    let forecasts: Vec<Forecast> = forecasts.collect();
    if as_json {
        say!("{}", serde_json::to_string_pretty(&forecasts)?);
        return Ok(());
    }
    say!(
        "{}: from {:.1} %, {} answers a unit with a correlation of {}, to be found with a probability of {}, beyond a margin \
         of {:.1} points",
        document.name,
        expected.control * 100.0,
        expected.answers_per_unit,
        expected.correlation,
        expected.power,
        margin(&document) * 100.0
    );
    say!(
        "{:>12} {:>14} {:>18} {:>10} {:>14}",
        "difference",
        "units, once",
        "units, any look",
        "days",
        "as a shadow"
    );
    for own in &forecasts {
        let marked = if (own.difference - expected.difference).abs() < 1e-9 { " <- expected" } else { "" };
        let points = format!("{:+.1} points", own.difference * 100.0);
        let days = own.days.map_or_else(|| "-".to_owned(), |days| format!("{days:.0}"));
        let count = |units: Option<u64>| units.map_or_else(|| "-".to_owned(), |units| units.to_string());
        let (once, any, shadow) = (count(own.once), count(own.sequential), count(own.shadow));
        say!("{points:>12} {once:>14} {any:>18} {days:>10} {shadow:>14}{marked}");
    }
    say!(
        "units of all live arms together; as a shadow: units of the control, answered by both models. - stands for never"
    );
    Ok(())
}
