//! Pages in a real Chromium, by the scripts in `web/test`.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use undertone_tests::{TestServer, shipped_clip};

/// What a script runs with.
pub(super) struct Script {
    command: Command,
}

impl Script {
    /// The script `name` on the console of `server`. `None`, loudly, where there is no browser or the server was built without
    /// its console.
    pub(super) async fn new(name: &str, server: &TestServer) -> Option<Self> {
        let project = std::env::var_os("UNDERTONE_CONSOLE_PROJECT");
        let project = project.expect("UNDERTONE_CONSOLE_PROJECT is not set: run `cargo xtask test`");
        if !server.get("/").await.unwrap().1.contains("/console/assets/") {
            eprintln!("SKIPPED: the server was built without its console; `cargo xtask console` builds it");
            return None;
        }
        if std::env::var_os("UNDERTONE_CHROMIUM").is_none() {
            eprintln!("SKIPPED: there is no Chromium; install Debian's package chromium");
            return None;
        }
        let mut command = Command::new("node");
        command.args(["--test", "--test-reporter=spec"]).arg(format!("test/{name}.test.mjs"));
        command.current_dir(Path::new(&project));
        command.env("UNDERTONE_CONSOLE", format!("http://{}", server.http_address()));
        command.env("UNDERTONE_CLIP", shipped_clip().canonicalize().unwrap());
        Some(Self { command })
    }

    pub(super) fn with(mut self, variable: &str, value: impl Into<OsString>) -> Self {
        self.command.env(variable, value.into());
        self
    }

    /// Runs it to its end, beside the server; fails with everything that it printed.
    pub(super) async fn passes(mut self) {
        let output = tokio::task::spawn_blocking(move || self.command.output()).await.unwrap().unwrap();
        let printed =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{}\n{}", printed[0], printed[1]);
        println!("{}", printed[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_models_are_seen_to_hear_a_microphone_and_a_file() {
    let server = TestServer::start(&[]).await.unwrap();
    if let Some(script) = Script::new("live", &server).await {
        script.passes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_seen_and_changed_and_streams_are_seen() {
    let server = TestServer::start(&[]).await.unwrap();
    if let Some(script) = Script::new("models", &server).await {
        script.passes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_asked_for_and_kept_in_the_tab_alone() {
    let server = TestServer::start(&[("auth.keys", "true"), ("auth.refresh", "20ms")]).await.unwrap();
    let key = crate::access::new_key(server.data_dir(), &["--scopes", "admin"]);
    if let Some(script) = Script::new("keys", &server).await {
        script.with("UNDERTONE_KEY", key).passes().await;
    }
}
