//! A plugin's library that is exchanged under a server.

use super::{Speaker, load_named, spelled, states};
use std::path::Path;
use tempfile::TempDir;
use undertone_proto::v1;
use undertone_tests::{
    LOUD, TestServer, compile_energy, copy_tree, example_plugins, shipped_clip, stage, write_loud,
};

fn probabilities<'a>(results: impl IntoIterator<Item = &'a v1::Result>) -> Vec<f32> {
    let labels = results.into_iter().flat_map(|result| &result.probabilities);
    labels.map(|label| label.probability).collect()
}

/// What a version says about the shipped clip.
async fn said(server: &TestServer, model: &str) -> Vec<f32> {
    let config = v1::RecognitionConfig { model: model.into(), ..v1::RecognitionConfig::default() };
    let audio = std::fs::read(shipped_clip()).unwrap().into();
    let request = v1::RecognizeRequest { config: Some(config), audio };
    let answer = server.recognizer().await.unwrap().recognize(request).await.unwrap().into_inner();
    probabilities(answer.utterances.iter().filter_map(|utterance| utterance.result.as_ref()))
}

/// Writes a library that hears everything louder over the one that the server runs on, as `cp` does.
fn ship_louder(plugins: &Path) {
    let beside = TempDir::new().unwrap();
    let quiet = "return (float)(10.0 *";
    let change = |source: String| {
        assert!(source.contains(quiet), "{source}");
        source.replace(quiet, "return 30.0F + (float)(10.0 *")
    };
    let louder = compile_energy(beside.path(), change).unwrap();
    let content = std::fs::read(&louder).unwrap();
    std::fs::write(plugins.join(louder.file_name().unwrap()), content).unwrap();
}

#[tokio::test]
async fn a_library_that_is_replaced_serves_the_versions_loaded_since_and_old_ones_answer_as_before() {
    let site = TempDir::new().unwrap();
    let (plugins, models) = (site.path().join("plugins"), site.path().join("models"));
    copy_tree(&stage().unwrap().join("plugins"), &plugins).unwrap();
    copy_tree(&example_plugins().unwrap(), &plugins).unwrap();
    compile_energy(&plugins, |source| source).unwrap();
    write_loud(&models, "1.0.0").unwrap();
    let flags = [
        ("plugins.dir", plugins.to_str().unwrap()),
        ("models.dir", models.to_str().unwrap()),
        ("models.default", LOUD),
        ("models.watch", "false"),
        ("models.policy", "latest 2"),
    ];
    let server = TestServer::start(&flags).await.unwrap();
    let before = said(&server, "loud@1.0.0").await;
    let streamed = probabilities(&Speaker::open(&server, LOUD).await.finish().await);
    let open = Speaker::open(&server, LOUD).await;

    ship_louder(&plugins);
    assert_eq!(said(&server, "loud@1.0.0").await, before, "it runs on what it was loaded with");
    write_loud(&models, "1.1.0").unwrap();
    let loaded = load_named(&server, LOUD).await.unwrap();
    assert_eq!(spelled(&loaded.version.unwrap()), "loud@1.1.0");
    assert_eq!(states(&server).await, ["loud@1.0.0 ready", "loud@1.1.0 ready"]);

    let after = said(&server, "loud@1.1.0").await;
    assert_eq!(after.len(), before.len());
    assert_ne!(after, before, "it runs on the library that lies there now");
    assert_eq!(said(&server, "loud@1.0.0").await, before);
    let finals = open.finish().await;
    assert_eq!(probabilities(&finals), streamed, "a stream that was open keeps its library");
}
