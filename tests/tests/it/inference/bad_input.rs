//! Mistakes in tensors: each is named, and the server goes on.

use super::*;

/// A request that is right: one item of 20 frames.
fn right() -> wire::ModelInferRequest {
    about("cnn", input("features", "FP32", &[1, 20, 64], floats(&[0.5; 20 * 64])))
}

/// A spoilt request, and what is said about it: the field, and some of the words.
struct Mistake {
    spoil: fn(&mut wire::ModelInferRequest),
    field: &'static str,
    words: &'static str,
}

const fn mistake(
    field: &'static str,
    words: &'static str,
    spoil: fn(&mut wire::ModelInferRequest),
) -> Mistake {
    Mistake { spoil, field, words }
}

fn shape(request: &mut wire::ModelInferRequest, shape: &[i64]) {
    request.inputs[0].shape = shape.to_vec();
}

fn audio(request: &mut wire::ModelInferRequest, datatype: &str, shape: &[i64]) {
    let values = floats(&[0.5; 20 * 64]);
    request.inputs[0] = input("audio", datatype, shape, values);
}

const MISTAKES: &[Mistake] = &[
    mistake("inputs", "there are 0", |request| request.inputs.clear()),
    mistake("inputs", "there are 2", |request| request.inputs.push(request.inputs[0].clone())),
    mistake("inputs.frames", "no such input", |request| request.inputs[0].name = "frames".into()),
    mistake("inputs.features.datatype", "\"FP64\"; give FP32", |request| {
        request.inputs[0].datatype = "FP64".into();
    }),
    mistake("inputs.features.datatype", "\"BYTES\"; give FP32", |request| {
        request.inputs[0].datatype = "BYTES".into();
    }),
    mistake("inputs.features.shape", "lengths above 0", |request| shape(request, &[])),
    mistake("inputs.features.shape", "lengths above 0", |request| shape(request, &[0, 20, 64])),
    mistake("inputs.features.shape", "lengths above 0", |request| shape(request, &[-1, 20, 64])),
    mistake("inputs.features.shape", "more than can be held", |request| shape(request, &[i64::MAX; 3])),
    mistake("inputs.features.shape", "[batch, frames, 64]", |request| shape(request, &[20, 64])),
    mistake("inputs.features.shape", "has 64 values, not 32", |request| shape(request, &[1, 40, 32])),
    mistake("inputs.features.shape", "10 frames; the model takes 16 to", |request| {
        shape(request, &[2, 10, 64]);
    }),
    mistake("inputs.features.contents", "there are 1280 values", |request| shape(request, &[1, 21, 64])),
    mistake("inputs.features.contents", "there are 0 values", |request| request.inputs[0].contents = None),
    mistake("inputs.features.contents", "another datatype", |request| {
        request.inputs[0].contents.as_mut().unwrap().int_contents.push(1);
    }),
    mistake("inputs.features.contents", "[0, 2, 3] is NaN", |request| {
        request.inputs[0].contents.as_mut().unwrap().fp32_contents[2 * 64 + 3] = f32::NAN;
    }),
    mistake("inputs.features.contents", "[0, 19, 63] is -inf", |request| {
        request.inputs[0].contents.as_mut().unwrap().fp32_contents[20 * 64 - 1] = f32::NEG_INFINITY;
    }),
    mistake("inputs.features.contents", "both here and in raw_input_contents", |request| {
        request.raw_input_contents.push(vec![0; 4].into());
    }),
    mistake("inputs.features.contents", "no whole number of FP32 values", |request| {
        request.inputs[0].contents = None;
        request.raw_input_contents.push(vec![0; 20 * 64 * 4 + 1].into());
    }),
    mistake("raw_input_contents", "2 entries for one input", |request| {
        request.inputs[0].contents = None;
        request.raw_input_contents = vec![vec![0; 4].into(); 2];
    }),
    mistake("outputs.mood", "ask for probabilities, logits", |request| {
        *request = wanting(&["probabilities", "mood"], request.clone());
    }),
    mistake("outputs.logits", "asked for twice", |request| {
        *request = wanting(&["logits", "logits"], request.clone());
    }),
    mistake("parameters.timeout", "whole number", |request| {
        request.parameters.insert("timeout".into(), number(-1));
    }),
    mistake("inputs.audio.datatype", "BYTES or FP32", |request| audio(request, "INT16", &[1280])),
    mistake("inputs.audio.parameters.sample_rate", "give their rate", |request| {
        audio(request, "FP32", &[1280]);
    }),
    mistake("inputs.audio.parameters.sample_rate", "whole number", |request| {
        audio(request, "FP32", &[1280]);
        request.inputs[0].parameters.insert("sample_rate".into(), wire::InferParameter::default());
    }),
    mistake("inputs.audio[0]", "96000", |request| {
        audio(request, "FP32", &[1280]);
        request.inputs[0].parameters.insert("sample_rate".into(), number(96_000));
    }),
    mistake("inputs.audio.shape", "[samples] or [batch, samples]", |request| {
        audio(request, "FP32", &[1, 20, 64]);
    }),
    mistake("inputs.audio.contents", "another datatype", |request| audio(request, "BYTES", &[1])),
    mistake("inputs.audio.contents", "element 0 is longer", |request| {
        audio(request, "BYTES", &[1]);
        request.inputs[0].contents = None;
        request.raw_input_contents.push(vec![255; 8].into());
    }),
    mistake("outputs.logits", "audio gives none", |request| {
        audio(request, "FP32", &[1280]);
        *request = wanting(&["logits"], request.clone());
    }),
];

#[tokio::test]
async fn every_mistake_is_named_with_its_tensor() {
    let mut bed = Bed::new(&[]).await;
    for Mistake { spoil, field, words } in MISTAKES {
        let mut request = right();
        spoil(&mut request);
        let status = bed.infer(request).await.expect_err(words);
        assert_invalid(&status, field, words);
    }
    bed.infer(right()).await.unwrap();
}

#[tokio::test]
async fn a_name_without_end_is_not_repeated_to_its_end() {
    let mut bed = Bed::new(&[]).await;
    let long = "x".repeat(100_000);
    let mut request = right();
    request.inputs[0].name = long.clone();
    let status = bed.infer(request).await.unwrap_err();
    assert!(status.code() == Code::InvalidArgument && status.message().len() < 1000, "{status:?}");
    let status = bed.infer(wire::ModelInferRequest { model_name: long, ..right() }).await.unwrap_err();
    assert_invalid(&status, "model_name", "at most 256 bytes");
    bed.infer(right()).await.unwrap();
}
