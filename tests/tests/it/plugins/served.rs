//! The example plugins in a real server.

use super::example_bundle;
use tempfile::TempDir;
use undertone_proto::v1;
use undertone_tests::{
    LOUD, TestServer, compile_energy, copy_tree, example_plugins, link_files, shipped_clip, stage, write_loud,
};

/// A folder of plugins with the examples and those of the server, and a folder of models.
fn site() -> TempDir {
    let folder = TempDir::new().unwrap();
    let plugins = folder.path().join("plugins");
    link_files(&stage().unwrap().join("plugins"), &plugins).unwrap();
    link_files(&example_plugins().unwrap(), &plugins).unwrap();
    compile_energy(&plugins, |source| source).unwrap();
    let models = folder.path().join("models");
    copy_tree(&example_bundle(), &models.join("linear/1.0.0")).unwrap();
    write_loud(&models, "1.0.0").unwrap();
    folder
}

#[tokio::test]
async fn the_example_plugins_are_served_together_and_with_those_of_the_server() {
    let site = site();
    let (plugins, models) = (site.path().join("plugins"), site.path().join("models"));
    let flags = [
        ("plugins.dir", plugins.to_str().unwrap()),
        ("models.dir", models.to_str().unwrap()),
        ("models.default", "linear"),
    ];
    let server = TestServer::start(&flags).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    for model in ["linear", LOUD] {
        let config = v1::RecognitionConfig { model: model.into(), ..v1::RecognitionConfig::default() };
        let audio = std::fs::read(shipped_clip()).unwrap().into();
        let answer = client.recognize(v1::RecognizeRequest { config: Some(config), audio }).await.unwrap();
        let utterances = answer.into_inner().utterances;
        assert!(!utterances.is_empty());
    }
}
