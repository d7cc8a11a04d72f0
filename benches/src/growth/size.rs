//! Larger and smaller networks under the same load.

use super::crowd::{put, start};
use crate::bare::BareWork;
use crate::untrained::{recipe_of, write};
use crate::{Options, Run};
use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use undertone_trainer::{Architecture, Body};

const MODEL: &str = "cnn";
/// Half a core or less for the largest one.
const STREAMS: u32 = 50;

/// Channels in percent of the recipe's, and the names of the figures: thousands of values of the networks of full context,
/// cost on the server, bare cost.
const WIDTHS: [(usize, [&str; 3]); 4] = [
    (50, ["thousand_values_width_50", "served_ms_per_second_width_50", "bare_ms_per_second_width_50"]),
    (100, ["thousand_values_width_100", "served_ms_per_second_width_100", "bare_ms_per_second_width_100"]),
    (150, ["thousand_values_width_150", "served_ms_per_second_width_150", "bare_ms_per_second_width_150"]),
    (200, ["thousand_values_width_200", "served_ms_per_second_width_200", "bare_ms_per_second_width_200"]),
];

pub(super) fn measure(options: &Options, figures: &mut Run) -> Result<()> {
    for (percent, names) in WIDTHS {
        let models = TempDir::new()?;
        let mut recipe = recipe_of(MODEL)?;
        for architecture in [&mut recipe.whole, &mut recipe.stream] {
            widen(architecture, percent)?;
        }
        let values = write(&recipe, models.path())?;
        let options = Options { models_dir: models.path().to_owned(), ..options.clone() };
        let server = start(&options)?;
        let served =
            put(&options, &server, MODEL, STREAMS)?.context("not all streams were taken")?.ms_per_second;
        let bare = BareWork::new(&options, &server, MODEL)?.cost()?.work * 1e3;
        figures.extend(names.into_iter().zip([values as f64 / 1e3, served, bare]));
    }
    Ok(())
}

fn widen(architecture: &mut Architecture, percent: usize) -> Result<()> {
    let Body::Cnn(shape) = &mut architecture.body else { bail!("{MODEL} has no convolutions") };
    shape.channels.iter_mut().for_each(|own| *own = *own * percent / 100);
    Ok(())
}
