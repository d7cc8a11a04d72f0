//! The example plugins in a real server.

use super::{compile_energy, example_bundle, write_changed};
use tempfile::TempDir;
use undertone_bundle::Features;
use undertone_proto::v1;
use undertone_tests::{TestServer, copy_tree, example_plugins, shipped_clip, stage};

/// A folder of plugins with the examples and those of the server, and a folder of models.
fn site() -> TempDir {
    let folder = TempDir::new().unwrap();
    let plugins = folder.path().join("plugins");
    copy_tree(&stage().unwrap().join("plugins"), &plugins).unwrap();
    copy_tree(&example_plugins().unwrap(), &plugins).unwrap();
    compile_energy(&plugins);
    let models = folder.path().join("models");
    copy_tree(&example_bundle(), &models.join("linear/1.0.0")).unwrap();
    let weights = "{\"weights\": [[-0.1], [0.1]], \"bias\": [-3.0, 3.0]}";
    write_changed(&models.join("loud/1.0.0"), weights, |manifest| {
        manifest.name = "loud".into();
        manifest.plugin.extractor = "energy".into();
        let fingerprint = "energy/1 window=400 hop=160 floor=1e-10".to_owned();
        manifest.features = Features::from_recipe_json(fingerprint, 1, "{}").unwrap();
        manifest.graph.whole.input.dims[2] = undertone_bundle::Dim::Fixed(1);
    });
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
    for model in ["linear", "loud"] {
        let config = v1::RecognitionConfig { model: model.into(), ..v1::RecognitionConfig::default() };
        let audio = std::fs::read(shipped_clip()).unwrap().into();
        let answer = client.recognize(v1::RecognizeRequest { config: Some(config), audio }).await.unwrap();
        let utterances = answer.into_inner().utterances;
        assert!(!utterances.is_empty());
    }
}
