//! A bundle with weights in 8 bits.

use crate::TrainError;
use crate::card::quantized;
use crate::onnx::ModelProto;
use prost::Message;
use std::fs;
use std::path::Path;
use undertone_bundle::{Bundle, CARD_FILE, name_and_version};

/// Logits of a quantized graph differ by more than rounding from those it was made from.
const TOLERANCE: f32 = 0.5;

/// Writes `bundle` again to `dir`, whose last two parts are the model's name and version, with the large weights of its
/// graphs rounded to 8 bits. Everything else stays, but for the tolerance of the golden logits, which are those of the
/// unrounded graphs.
pub fn quantize(bundle: &Bundle, dir: &Path) -> Result<(), TrainError> {
    let mut manifest = bundle.manifest().clone();
    (manifest.name, manifest.version) = name_and_version(dir);
    if let Some(golden) = &mut manifest.golden {
        golden.tolerance = golden.tolerance.max(TOLERANCE);
    }
    let graphs =
        [Some(&manifest.graph.whole.file), manifest.graph.stream.as_ref().map(|stream| &stream.file)];
    let graphs: Vec<String> = graphs.into_iter().flatten().cloned().collect();
    let mut contents = Vec::new();
    let (mut before, mut after) = (0, 0);
    for name in std::mem::take(&mut manifest.files).into_keys() {
        let path = bundle.path_of(&name);
        let content = fs::read(&path).map_err(TrainError::file("read", &path))?;
        let content = match graphs.contains(&name) {
            true => {
                let rounded = rounded(&path, &content)?;
                (before, after) = (before + content.len(), after + rounded.len());
                rounded
            }
            false => content,
        };
        contents.push((name, content));
    }
    for (_, card) in contents.iter_mut().filter(|(name, _)| name == CARD_FILE) {
        let title = (manifest.name.as_str(), manifest.version.as_str());
        *card = quantized(&String::from_utf8_lossy(card), title, (before, after)).into_bytes();
    }
    let files: Vec<(&str, &[u8])> =
        contents.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    Bundle::write(dir, manifest, &files)?;
    Ok(())
}

fn rounded(path: &Path, graph: &[u8]) -> Result<Vec<u8>, TrainError> {
    let refuse = |source: prost::DecodeError| {
        TrainError::Unrelated(format!("{} is no ONNX graph: {source}", path.display()))
    };
    let mut model = ModelProto::decode(graph).map_err(refuse)?;
    model.quantize_weights();
    Ok(model.encode_to_vec())
}
