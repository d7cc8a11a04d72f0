//! A model is served only when it gives its golden logits.

use crate::variant::{Files, Variant};
use undertone_audio::AudioLimits;
use undertone_bundle::{GOLDEN_FRAMES_FILE, GOLDEN_TOLERANCE, Golden, Manifest};
use undertone_core::{Frames, Model};
use undertone_plugin_host::{HostConfig, PluginHost};
use undertone_proto::v1;
use undertone_tests::{TestServer, shipped_clip, stage};

/// Frames of the shipped clip, and the logits that the shipped `cnn` gives for them.
fn computed() -> (Frames, Vec<f32>) {
    let unchanged = Variant::new(|_, _| {});
    let host = PluginHost::new(HostConfig {
        plugins_dir: stage().unwrap().join("plugins"),
        models_dir: unchanged.dir().into(),
        onnxruntime: None,
    });
    let model = host.load_model(&unchanged.cnn()).unwrap();
    let clip =
        undertone_audio::read_all(&std::fs::read(shipped_clip()).unwrap(), None, AudioLimits::default());
    let mut extractor = model.new_extractor().unwrap();
    let mut frames = Frames::new(extractor.layout().dim);
    extractor.push(&clip.unwrap(), &mut frames).unwrap();
    extractor.finish(&mut frames).unwrap();
    let mut logits = Vec::new();
    let whole = frames.view(0..frames.len());
    model.new_classifier().unwrap().classify(&[whole], &mut logits).unwrap();
    (frames, logits.remove(0).unwrap())
}

fn name_golden(manifest: &mut Manifest, files: &mut Files, frames: &Frames, logits: &[f32]) {
    manifest.golden = Some(Golden {
        frames: GOLDEN_FRAMES_FILE.into(),
        time: frames.len() as u32,
        logits: logits.to_vec(),
        stream_logits: None,
        tolerance: GOLDEN_TOLERANCE,
    });
    files.insert(GOLDEN_FRAMES_FILE.into(), Golden::encode_frames(frames.values()));
}

async fn listed(server: &TestServer) -> v1::ListModelsResponse {
    server.models().await.unwrap().list_models(v1::ListModelsRequest {}).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_model_that_gives_its_golden_logits_is_served() {
    let (frames, logits) = computed();
    let variant = Variant::new(|manifest, files| name_golden(manifest, files, &frames, &logits));
    let server = TestServer::start(&[("models.dir", variant.dir())]).await.unwrap();
    let listed = listed(&server).await;
    assert!(listed.refused.is_empty(), "{:?}", listed.refused);
}

#[tokio::test]
async fn wrong_golden_logits_refuse_their_model_and_the_other_serves() {
    let (frames, mut logits) = computed();
    logits[2] += 0.5;
    let (expected, mut label) = (logits[2], String::new());
    let variant = Variant::new(|manifest, files| {
        label.clone_from(&manifest.labels[2]);
        name_golden(manifest, files, &frames, &logits);
    });
    let server = TestServer::start(&[("models.dir", variant.dir())]).await.unwrap();

    let listed = listed(&server).await;
    let reason = &listed.refused[0].reason;
    for part in [variant.cnn().to_str().unwrap(), &format!("{label:?}"), &format!("expected {expected}")] {
        assert!(reason.contains(part), "{part} not in {reason}");
    }
    let served: Vec<&str> =
        listed.models.iter().map(|model| model.reference.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(served, ["lstm"]);

    let (status, body) = server.get("/readyz").await.unwrap();
    assert!(status.contains("200") && body.contains("lstm") && !body.contains("cnn"), "{status} {body}");
    let config = v1::RecognitionConfig { model: "lstm".into(), ..v1::RecognitionConfig::default() };
    let audio = std::fs::read(shipped_clip()).unwrap().into();
    let request = v1::RecognizeRequest { config: Some(config), audio };
    let response = server.recognizer().await.unwrap().recognize(request).await.unwrap().into_inner();
    assert!(!response.utterances.is_empty());
}
