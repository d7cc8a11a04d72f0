//! A real server on free ports, over the staged plugins and the shipped models.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tonic::transport::Channel;
use undertone::Server;
use undertone::settings::{Places, Settings, Sources, load};
use undertone_proto::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use undertone_proto::v1::models_client::ModelsClient;
use undertone_proto::v1::recognizer_client::RecognizerClient;

/// The runnable tree that `cargo xtask stage` makes, `$UNDERTONE_STAGE` or `target/stage`.
///
/// # Errors
/// When it is not there.
pub fn stage() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("tests lie in the workspace")?;
    let stage = std::env::var_os("UNDERTONE_STAGE").map_or_else(|| root.join("target/stage"), PathBuf::from);
    if !stage.join("plugins").is_dir() {
        bail!("{} holds no plugins: run `cargo xtask test`, which stages them", stage.display());
    }
    Ok(stage)
}

/// A server that lives as long as its test.
pub struct TestServer {
    server: Option<Server>,
    data: TempDir,
    grpc: String,
    http: std::net::SocketAddr,
}

impl TestServer {
    /// Starts a server with the defaults and `flags` over them.
    pub async fn start(flags: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_in(TempDir::new()?, flags).await
    }

    /// Starts a server over an existing data folder.
    pub async fn start_in(data: TempDir, flags: &[(&str, &str)]) -> anyhow::Result<Self> {
        let settings = settings(data.path(), flags)?;
        let server = Server::start(&settings).await?;
        let grpc = format!("http://{}", server.grpc_address());
        let http = server.http_address();
        Ok(Self { server: Some(server), data, grpc, http })
    }

    /// Stops the server and hands its data folder back.
    pub async fn stop(mut self) -> anyhow::Result<TempDir> {
        if let Some(server) = self.server.take() {
            server.stop().await?;
        }
        Ok(self.data)
    }

    /// The URL of its gRPC side.
    pub fn url(&self) -> &str {
        &self.grpc
    }

    /// Where its pages are.
    pub fn http_address(&self) -> std::net::SocketAddr {
        self.http
    }

    /// The journal's folder.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// A client of `undertone.v1.Recognizer`.
    pub async fn recognizer(&self) -> anyhow::Result<RecognizerClient<Channel>> {
        Ok(RecognizerClient::new(self.channel().await?))
    }

    /// A client of `undertone.v1.Models`.
    pub async fn models(&self) -> anyhow::Result<ModelsClient<Channel>> {
        Ok(ModelsClient::new(self.channel().await?))
    }

    /// A client of the Open Inference Protocol.
    pub async fn inference(&self) -> anyhow::Result<GrpcInferenceServiceClient<Channel>> {
        Ok(GrpcInferenceServiceClient::new(self.channel().await?))
    }

    /// A connection of its own.
    pub async fn channel(&self) -> anyhow::Result<Channel> {
        Ok(Channel::from_shared(self.grpc.clone())?.connect().await?)
    }

    /// Status line and body of `GET path`.
    pub async fn get(&self, path: &str) -> anyhow::Result<(String, String)> {
        self.get_with(path, "").await
    }

    /// The same with more `headers`, each of them with its line end.
    pub async fn get_with(&self, path: &str, headers: &str) -> anyhow::Result<(String, String)> {
        get(&self.http.to_string(), path, headers).await
    }

    /// What `read` finds in its metrics, once it finds it.
    pub async fn until_metrics<T>(&self, read: impl Fn(&str) -> Option<T>) -> T {
        loop {
            let page = self.get("/metrics").await.map(|(_, page)| page);
            if let Some(found) = page.ok().as_deref().and_then(&read) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn get(address: &str, path: &str, headers: &str) -> anyhow::Result<(String, String)> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut connection = tokio::net::TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    connection.read_to_string(&mut response).await?;
    let (head, body) = response.split_once("\r\n\r\n").context("a response has a head and a body")?;
    Ok((head.lines().next().unwrap_or_default().to_owned(), body.to_owned()))
}

/// The settings of a test's server: free ports, staged plugins, the data folder, and `flags` over them.
pub fn settings(data_dir: &Path, flags: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let base = [
        ("grpc.listen", "127.0.0.1:0"),
        ("http.listen", "127.0.0.1:0"),
        ("data.dir", data_dir.to_str().context("a temporary path is UTF-8")?),
        ("engine.workers", "2"),
        // Tests look at every update, however busy the machine is.
        ("engine.thin_after", "60s"),
    ];
    let flags = base.iter().chain(flags).map(|&(path, value)| (path.to_owned(), value.to_owned())).collect();
    let sources = Sources { file: None, flags, environment: false };
    Ok(load(&sources, &Places::below(stage()?))?)
}

/// The library of a bad-plugin fixture, `$STAGE/bad-plugins`.
pub fn bad_plugin(name: &str) -> anyhow::Result<PathBuf> {
    let path = stage()?.join(format!("bad-plugins/libundertone_plugin_{name}.so"));
    if !path.is_file() {
        bail!("{} is missing: run `cargo xtask test`, which builds it", path.display());
    }
    Ok(path)
}

/// The folder of the example plugins that Cargo builds, `$STAGE/examples`.
pub fn example_plugins() -> anyhow::Result<PathBuf> {
    let folder = stage()?.join("examples");
    if !folder.is_dir() {
        bail!("{} is missing: run `cargo xtask test`, which stages it", folder.display());
    }
    Ok(folder)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Gives the files of a folder names in another one. A library takes some fifty megabytes with what a debugger wants to know, so
/// that copies for many tests fill a small disk; whoever changes a file takes [`copy_tree`].
pub fn link_files(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::os::unix::fs::symlink(entry.path().canonicalize()?, to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Copies a folder with everything in it.
pub fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
