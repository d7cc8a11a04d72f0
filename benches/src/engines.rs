//! The same bundles on two engines.

use crate::contest::{contest, models, subjects};
use crate::{Options, Report};
use anyhow::Result;

const PER_SECOND: [[&str; 2]; 2] = [
    ["cnn_onnx_items_per_second_8", "cnn_tract_items_per_second_8"],
    ["lstm_onnx_items_per_second_8", "lstm_tract_items_per_second_8"],
];

/// Items that the plugin `tract` scores per second, divided by those of `onnx`, both on one thread. There is no aim: it says when
/// to use which.
pub fn measure_engines(options: &Options) -> Result<Report> {
    let onnx = models(options, |host| host);
    let tract =
        models(options, |host| host.with_substitutes([("onnx".to_owned(), "tract".to_owned())].into()));
    contest(options, "engines", None, ([&onnx, &tract], subjects(PER_SECOND)), |_, _| Ok(()))
}
