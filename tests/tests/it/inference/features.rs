//! Frames that a client made itself.

use super::*;
use undertone_core::Probabilities;
use undertone_tests::{CNN_VERSION, LSTM};

/// What the model's plugin says about `frames`, and the probabilities that follow.
fn expected(model: &LoadedModel, frames: &Frames) -> (Vec<f32>, Vec<f32>) {
    let mut logits = Vec::new();
    model.new_classifier().unwrap().classify(&[frames.view(0..frames.len())], &mut logits).unwrap();
    let logits = logits.pop().unwrap().unwrap();
    let probabilities = Probabilities::from_logits(&logits, model.temperature()).unwrap().into_values();
    (logits, probabilities)
}

#[tokio::test]
async fn an_utterances_features_get_what_the_models_plugin_says() {
    let mut bed = Bed::new(&[]).await;
    for model in models() {
        let name = model.reference().name.clone();
        let frames = frames_of(&model, &real_speech());
        let (logits, probabilities) = expected(&model, &frames);
        let request = about_frames(&name, &frames);
        for request in [request.clone(), as_raw(request)] {
            let is_raw = !request.raw_input_contents.is_empty();
            let response = bed.infer(request).await.unwrap();
            let labels = model.labels().len() as i64;
            let (shape, said) = output(&response, "logits");
            assert_eq!(shape, [1, labels]);
            assert_close(&said, &logits);
            let (shape, said) = output(&response, "probabilities");
            assert_eq!(shape, [1, labels]);
            assert_close(&said, &probabilities);
            assert_eq!(response.raw_output_contents.len(), if is_raw { 2 } else { 0 });
        }
    }
}

#[tokio::test]
async fn every_item_of_a_batch_gets_what_it_gets_alone() {
    let mut bed = Bed::new(&[]).await;
    let model = models().remove(0);
    let frames = frames_of(&model, &real_speech());
    let (length, dim) = (50, frames.dim());
    let batch: Vec<Frames> = (0..3)
        .map(|item| {
            let mut part = Frames::new(dim);
            (item * 30..item * 30 + length).for_each(|row| part.push_row(frames.row(row)));
            part
        })
        .collect();
    let together: Vec<f32> = batch.iter().flat_map(|item| item.values().to_vec()).collect();
    let shape = [3, length as i64, dim as i64];
    let response =
        bed.infer(about("cnn", input("features", "FP32", &shape, floats(&together)))).await.unwrap();
    let (shape, logits) = output(&response, "logits");
    assert_eq!(shape, [3, 8]);
    for (item, logits) in batch.iter().zip(logits.chunks(8)) {
        assert_close(logits, &expected(&model, item).0);
    }
}

#[tokio::test]
async fn model_version_and_id_come_back_and_outputs_are_those_asked_for_in_their_order() {
    let mut bed = Bed::new(&[]).await;
    let frames = frames_of(&models()[0], &real_speech());
    let request = wire::ModelInferRequest {
        model_version: CNN_VERSION.into(),
        id: "request 7".into(),
        ..wanting(&["logits", "probabilities"], about_frames("cnn", &frames))
    };
    let response = bed.infer(request).await.unwrap();
    assert_eq!((response.model_name.as_str(), response.model_version.as_str()), ("cnn", CNN_VERSION));
    assert_eq!(response.id, "request 7");
    for output in &response.outputs {
        let Some(ParameterChoice::StringParam(labels)) = &output.parameters["labels"].parameter_choice else {
            panic!("{output:?}");
        };
        assert_eq!(serde_json::from_str::<Vec<String>>(labels).unwrap(), models()[0].labels());
    }
    let names: Vec<&str> = response.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["logits", "probabilities"]);
    let one = bed.infer(wanting(&["probabilities"], as_raw(about_frames("cnn", &frames)))).await.unwrap();
    assert_eq!((one.outputs.len(), one.raw_output_contents.len()), (1, 1));
}

#[tokio::test]
async fn a_model_or_version_that_there_is_not_is_not_found() {
    let mut bed = Bed::new(&[]).await;
    let frames = frames_of(&models()[0], &real_speech());
    for (name, version) in [("oracle", ""), ("cnn", "9.9.9"), ("cnn", "first")] {
        let request =
            wire::ModelInferRequest { model_version: version.into(), ..about_frames(name, &frames) };
        let status = bed.infer(request).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{status:?}");
        assert!(status.message().contains(name) && status.message().contains(LSTM), "{status:?}");
    }
}
