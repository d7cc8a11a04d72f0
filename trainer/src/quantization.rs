//! A bundle with weights in 8 bits.

use crate::TrainError;
use crate::card::quantized;
use crate::edition::Edition;
use crate::onnx::ModelProto;
use prost::Message;
use std::path::Path;
use undertone_bundle::Bundle;

/// Logits of a quantized graph differ by more than rounding from those it was made from.
const TOLERANCE: f32 = 0.5;

/// Writes `bundle` again to `dir`, whose last two parts are the model's name and version, with the large weights of its
/// graphs rounded to 8 bits. Everything else stays, but for the tolerance of the golden logits, which are those of the
/// unrounded graphs.
pub fn quantize(bundle: &Bundle, dir: &Path) -> Result<(), TrainError> {
    let mut edition = Edition::new(bundle, dir)?;
    if let Some(golden) = &mut edition.manifest.golden {
        golden.tolerance = golden.tolerance.max(TOLERANCE);
    }
    let graphs = &bundle.manifest().graph;
    let (mut before, mut after) = (0, 0);
    for file in std::iter::once(&graphs.whole.file).chain(graphs.stream.as_ref().map(|stream| &stream.file)) {
        edition.change(file, |graph| {
            let rounded = rounded(&bundle.path_of(file), graph)?;
            (before, after) = (before + graph.len(), after + rounded.len());
            Ok(rounded)
        })?;
    }
    edition.change_card(|card, title| quantized(card, title, (before, after)));
    edition.write()
}

fn rounded(path: &Path, graph: &[u8]) -> Result<Vec<u8>, TrainError> {
    let refuse = |source: prost::DecodeError| {
        TrainError::Unrelated(format!("{} is no ONNX graph: {source}", path.display()))
    };
    let mut model = ModelProto::decode(graph).map_err(refuse)?;
    model.quantize_weights();
    Ok(model.encode_to_vec())
}
