//! Who may call what, on a real server with real keys and certificates.

mod experiments;
mod keys;
mod methods;
mod open;
mod quotas;
mod refusals;
mod tenants;
mod tls;
mod web_sockets;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};
use undertone_proto::v1;
use undertone_proto::v1::models_client::ModelsClient;
use undertone_proto::v1::recognizer_client::RecognizerClient;
use undertone_tests::{TestServer, shipped_clip, stage};

/// Runs the program over a data folder.
fn undertone(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(arguments).arg("--data-dir").arg(data);
    command.env("NO_COLOR", "1").env("ORT_DISABLE_TELEMETRY", "1").env_remove("UNDERTONE_API_KEY");
    command.output().unwrap()
}

/// What it printed, when all went well.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim_end().to_owned()
}

/// A new key, made by the program.
pub(crate) fn new_key(data: &Path, flags: &[&str]) -> String {
    printed(&undertone(data, &[&["keys", "create", "test"], flags].concat()))
}

/// The part of a key that may be shown.
fn id_of(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

/// A server that wants keys and reads them all the time.
pub(crate) async fn guarded() -> TestServer {
    TestServer::start(&[("auth.keys", "true"), ("auth.refresh", "20ms")]).await.unwrap()
}

/// Shows a key with every call.
#[derive(Clone)]
pub(crate) struct Shown(Option<String>);

impl Interceptor for Shown {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            let value: MetadataValue<_> = format!("Bearer {key}").parse().unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

pub(crate) type Line = InterceptedService<Channel, Shown>;

/// A connection that shows `key` with every call.
pub(crate) async fn line(server: &TestServer, key: Option<&str>) -> Line {
    InterceptedService::new(server.channel().await.unwrap(), Shown(key.map(str::to_owned)))
}

async fn recognizer(server: &TestServer, key: &str) -> RecognizerClient<Line> {
    RecognizerClient::new(line(server, Some(key)).await)
}

/// Asks which models there are.
async fn list_models(server: &TestServer, key: Option<&str>) -> Result<(), Status> {
    let mut client = ModelsClient::new(line(server, key).await);
    client.list_models(v1::ListModelsRequest {}).await.map(drop)
}

/// Asks until the answer is `wanted`: the server reads its keys now and then.
pub(crate) async fn until(server: &TestServer, key: &str, wanted: tonic::Code) -> Option<Status> {
    let asked = async {
        loop {
            let answer = list_models(server, Some(key)).await;
            if answer.as_ref().map_or_else(Status::code, |()| tonic::Code::Ok) == wanted {
                return answer.err();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.expect("the server reads its keys")
}

/// A recording to be recognised.
fn recording() -> v1::RecognizeRequest {
    v1::RecognizeRequest { config: None, audio: std::fs::read(shipped_clip()).unwrap().into() }
}
