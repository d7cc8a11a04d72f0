//! Which models a server has, and what becomes of bundles and plugins that are wrong.

use super::{finals, replies};
use std::path::Path;
use tempfile::TempDir;
use undertone_proto::v1;
use undertone_tests::{
    CNN_VERSION, LSTM_VERSION, TestServer, copy_tree, float_bytes, float_config, stage, stream_of,
};

#[tokio::test]
async fn the_shipped_models_are_listed_with_their_speakers_and_cards() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut models = server.models().await.unwrap();
    let listed = models.list_models(v1::ListModelsRequest {}).await.unwrap().into_inner();
    let names: Vec<&str> =
        listed.models.iter().map(|model| model.reference.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["cnn", "lstm"]);
    assert!(listed.refused.is_empty(), "{:?}", listed.refused);
    for model in &listed.models {
        assert!(model.test_speakers.is_empty() && model.train_speakers.len() == 24, "{model:?}");
        assert!(model.accuracy > 0.0 && !model.licence.is_empty());
        let name = model.reference.as_ref().unwrap().name.clone();
        let card = models.get_model(v1::GetModelRequest { model: name }).await.unwrap().into_inner().card;
        assert!(card.contains("RAVDESS"));
    }
    assert_eq!(listed.models.iter().filter(|model| model.is_default).count(), 1);
}

/// A server whose models folder is a copy, changed by `spoil`; gives the reasons of what was refused.
async fn refused_after(spoil: impl FnOnce(&Path)) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    copy_tree(&stage().unwrap().join("models"), folder.path()).unwrap();
    spoil(folder.path());
    let server = TestServer::start(&[("models.dir", folder.path().to_str().unwrap())]).await.unwrap();
    let mut models = server.models().await.unwrap();
    let listed = models.list_models(v1::ListModelsRequest {}).await.unwrap().into_inner();
    assert_eq!(listed.models.len(), 1, "the other model is served");
    let mut client = server.recognizer().await.unwrap();
    let served = listed.models[0].reference.as_ref().unwrap().name.clone();
    let asks = stream_of(float_config(&served), &float_bytes(&[0.0; 16_000]), &[3200]);
    assert!(finals(&replies(&mut client, asks).await.unwrap()).is_empty());
    listed.refused.into_iter().map(|refused| refused.reason).collect()
}

#[tokio::test]
async fn a_bundle_with_a_wrong_checksum_is_refused_and_the_other_serves() {
    let reasons = refused_after(|models| {
        let weights = models.join("cnn").join(CNN_VERSION).join("whole.onnx");
        let mut bytes = std::fs::read(&weights).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&weights, bytes).unwrap();
    })
    .await;
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].contains("whole.onnx") && reasons[0].contains("sha256"), "{}", reasons[0]);
}

#[tokio::test]
async fn a_bundle_made_for_other_features_is_refused_with_both_fingerprints() {
    let reasons = refused_after(|models| {
        let path = models.join("lstm").join(LSTM_VERSION).join("bundle.toml");
        let manifest = std::fs::read_to_string(&path).unwrap();
        let begin = manifest.find("fingerprint = \"sha256:").unwrap() + "fingerprint = \"sha256:".len();
        let mut spoilt = manifest.clone();
        spoilt.replace_range(begin..begin + 8, "00000000");
        std::fs::write(&path, spoilt).unwrap();
    })
    .await;
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].matches("sha256:").count() >= 2, "{}", reasons[0]);
}

#[tokio::test]
async fn a_plugin_of_a_wrong_abi_is_refused_with_both_versions() {
    let plugins = TempDir::new().unwrap();
    copy_tree(&stage().unwrap().join("plugins"), plugins.path()).unwrap();
    let wrong = undertone_tests::bad_plugin("wrong_abi").unwrap();
    std::fs::copy(wrong, plugins.path().join("libundertone_plugin_onnx.so")).unwrap();
    let library = stage().unwrap().join("lib/libonnxruntime.so");
    let flags =
        [("plugins.dir", plugins.path().to_str().unwrap()), ("onnxruntime.path", library.to_str().unwrap())];
    let server = TestServer::start(&flags).await.unwrap();
    let mut models = server.models().await.unwrap();
    let listed = models.list_models(v1::ListModelsRequest {}).await.unwrap().into_inner();
    assert!(listed.models.is_empty());
    for refused in &listed.refused {
        assert!(refused.reason.contains("rebuild"), "{}", refused.reason);
    }
    let (status, body) = server.get("/readyz").await.unwrap();
    assert!(status.contains("503") && body.contains("no model"), "{status} {body}");
}
