//! What a bundle's plugins are told, JSON.

use serde_json::json;
use undertone_bundle::{Bundle, Manifest};

/// For its extractor.
pub(crate) fn of_extractor(bundle: &Bundle) -> String {
    format!("{{\"recipe\":{}}}", bundle.manifest().features.recipe_json())
}

/// For its classifier, with the graph over whole utterances.
pub(crate) fn of_whole(bundle: &Bundle) -> String {
    let Manifest { features, labels, graph, .. } = bundle.manifest();
    let configuration = json!({
        "graph": bundle.path_of(&graph.whole.file),
        "input": graph.whole.input.name,
        "output": graph.whole.output.name,
        "dim": features.dim,
        "labels": labels,
    });
    configuration.to_string()
}

/// For its classifier, with the graph that carries state, if it has one.
pub(crate) fn of_stream(bundle: &Bundle) -> Option<String> {
    let Manifest { features, labels, graph, .. } = bundle.manifest();
    let stream = graph.stream.as_ref()?;
    let states = stream
        .states
        .iter()
        .map(|state| json!({ "in": state.name_in, "out": state.name_out, "shape": state.shape }));
    let configuration = json!({
        "graph": bundle.path_of(&stream.file),
        "input": stream.input.name,
        "output": stream.output.name,
        "dim": features.dim,
        "labels": labels,
        "states": states.collect::<Vec<_>>(),
        "step_frames": stream.step_frames,
    });
    Some(configuration.to_string())
}
