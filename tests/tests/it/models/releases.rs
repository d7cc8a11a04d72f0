//! A folder of models into which new versions of the shipped `cnn` are released.

use crate::variant::Files;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use undertone_bundle::{Bundle, Manifest};
use undertone_tests::{CNN, TestServer, shipped_bundle};

/// A folder of models with the shipped `cnn`, there as version 1.0.0, and a place beside it.
pub(crate) struct Releases {
    folder: TempDir,
}

impl Releases {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let releases = Self { folder };
        releases.release("1.0.0", |_, _| {});
        std::fs::create_dir(releases.beside()).unwrap();
        releases
    }

    /// The folder of models.
    pub(crate) fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    /// A folder that no server looks at.
    pub(crate) fn beside(&self) -> PathBuf {
        self.folder.path().join("beside")
    }

    /// A server over the folder of models that does not watch it, with `flags`.
    pub(crate) async fn server(&self, flags: &[(&str, &str)]) -> TestServer {
        self.serve(&[&[("models.watch", "false")][..], flags].concat()).await
    }

    /// A server over the folder of models, with `flags`.
    pub(crate) async fn serve(&self, flags: &[(&str, &str)]) -> TestServer {
        let models = self.models();
        let flags = [&[("models.dir", models.to_str().unwrap())][..], flags].concat();
        TestServer::start(&flags).await.unwrap()
    }

    /// Releases a version that is like the shipped one but for `change`.
    pub(crate) fn release(&self, version: &str, change: impl FnOnce(&mut Manifest, &mut Files)) -> PathBuf {
        make(&self.models().join("cnn").join(version), version, change)
    }

    /// Makes a version that is not released.
    pub(crate) fn make(&self, version: &str, change: impl FnOnce(&mut Manifest, &mut Files)) -> PathBuf {
        make(&self.beside().join(version), version, change)
    }
}

fn make(dir: &Path, version: &str, change: impl FnOnce(&mut Manifest, &mut Files)) -> PathBuf {
    let bundle = Bundle::open(&shipped_bundle(CNN).unwrap()).unwrap();
    let mut manifest = bundle.manifest().clone();
    let content = |path: &String| (path.clone(), std::fs::read(bundle.path_of(path)).unwrap());
    let mut files: Files = manifest.files.keys().map(content).collect();
    manifest.version = version.to_owned();
    change(&mut manifest, &mut files);
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    Bundle::write(dir, manifest, &files).unwrap();
    dir.to_owned()
}
