//! A Prometheus that scrapes one server.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The folder of Prometheus's programs, which `cargo xtask test` provides; `None`, said loudly, where they cannot be had.
pub(super) fn programs() -> Option<PathBuf> {
    let folder = std::env::var_os("PROMETHEUS_BIN").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: there is no Prometheus (PROMETHEUS_BIN); `cargo xtask test` fetches it");
    }
    folder
}

/// Runs `promtool` in the folder of the alert rules, with `input`.
pub(super) fn promtool(arguments: &[&str], input: &str) -> Option<Output> {
    use std::io::Write;
    let mut command = Command::new(programs()?.join("promtool"));
    command.args(arguments).current_dir(undertone_tests::repository().join("dashboards/alerts"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

/// Runs until it is dropped.
pub(super) struct Prometheus {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes `target` four times a second.
    pub(super) async fn scrape(target: &str) -> Option<Self> {
        let program = programs()?.join("prometheus");
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "global: {{scrape_interval: 250ms}}\nscrape_configs:\n  - job_name: undertone\n    static_configs: [{{targets: ['{target}']}}]\n"
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        // The port is free when it is let go; nobody else asks for this one.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let started = Self { child: command.spawn().unwrap(), address, _folder: folder };
        started.until_ready().await;
        Some(started)
    }

    /// What the instant query gives, as Prometheus tells it.
    pub(super) async fn query(&self, expression: &str) -> serde_json::Value {
        let body = self.get(&format!("/api/v1/query?query={}", escaped(expression))).await.unwrap();
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{expression}: {error}: {body}"))
    }

    async fn until_ready(&self) {
        let ready = async {
            while self.get("/-/ready").await.is_none_or(|body| !body.contains("Ready")) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ready).await.expect("Prometheus starts");
    }

    /// The body of a page. HTTP/1.0 keeps it in one piece.
    async fn get(&self, path: &str) -> Option<String> {
        let mut connection = tokio::net::TcpStream::connect(&self.address).await.ok()?;
        connection.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.ok()?;
        let mut response = String::new();
        connection.read_to_string(&mut response).await.ok()?;
        Some(response.split_once("\r\n\r\n")?.1.to_owned())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
