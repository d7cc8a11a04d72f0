//! Every method of every service, and every page.

use super::{Line, guarded, id_of, line, list_models, new_key, printed, undertone, until};
use prost::Message;
use prost_types::FileDescriptorSet;
use tonic::{Code, Request, Status};
use undertone::access::{Rule, Scope, rule_of};
use undertone_tests::{CNN_VERSION, TestServer};

/// The paths of all methods, as the server's descriptors list them.
pub(super) fn methods() -> Vec<String> {
    let sets = [
        undertone_proto::DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let files = sets.map(|set| FileDescriptorSet::decode(set).unwrap().file).concat();
    let mut paths = Vec::new();
    for file in &files {
        for service in &file.service {
            let methods = service.method.iter();
            paths.extend(
                methods.map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())),
            );
        }
    }
    paths
}

/// Calls a method with an empty message, and looks no further than whether it is let in.
pub(super) async fn call(line: &Line, path: &str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(line.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    client.server_streaming(Request::new(()), path.parse().unwrap(), codec).await.map(drop)
}

fn scope_of(path: &str) -> Option<Scope> {
    rule_of(path).unwrap().scope()
}

#[test]
fn every_method_has_a_rule() {
    let methods = methods();
    assert!(methods.len() > 10, "{methods:?}");
    let without: Vec<_> = methods.iter().filter(|path| rule_of(path).is_none()).collect();
    assert!(without.is_empty(), "no rule says what these need: {without:?}");
}

#[tokio::test]
async fn every_method_but_the_probes_wants_a_good_key() {
    let server = guarded().await;
    let data = server.data_dir();
    let revoked = new_key(data, &[]);
    printed(&undertone(data, &["keys", "revoke", id_of(&revoked)]));
    let expired = new_key(data, &["--expires-in", "1ms"]);
    let good = new_key(data, &[]);
    until(&server, &good, Code::Ok).await;
    let foreign = new_key(tempfile::tempdir().unwrap().path(), &[]);
    let last = good.chars().last().unwrap();
    let altered = format!("{}{}", &good[..good.len() - 1], if last == '0' { '1' } else { '0' });
    let shown = [None, Some("nonsense"), Some(&foreign), Some(&altered), Some(&revoked), Some(&expired)];
    for key in shown {
        let line = line(&server, key).await;
        for path in methods() {
            let answer = call(&line, &path).await;
            if rule_of(&path) == Some(Rule::Open) {
                assert_ne!(answer.map_err(|status| status.code()), Err(Code::Unauthenticated), "{path}");
            } else {
                assert_eq!(answer.unwrap_err().code(), Code::Unauthenticated, "{path} with {key:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_good_for_what_its_scopes_say_and_nothing_else() {
    let server = guarded().await;
    for scope in Scope::ALL {
        let key = new_key(server.data_dir(), &["--scopes", scope.name()]);
        until(&server, &key, Code::Ok).await;
        let line = line(&server, Some(&key)).await;
        for path in methods() {
            let wanted = scope_of(&path);
            let allowed = wanted.is_none_or(|wanted| wanted == scope || scope == Scope::Admin);
            let refused = call(&line, &path).await.err().map(|status| status.code());
            assert_eq!(refused == Some(Code::PermissionDenied), !allowed, "{path} with {scope}: {refused:?}");
            assert_ne!(refused, Some(Code::Unauthenticated), "{path} with {scope}");
        }
    }
}

#[tokio::test]
async fn a_method_that_nobody_listed_is_shut() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--scopes", "recognize,feedback,analytics"]);
    until(&server, &key, Code::Ok).await;
    let refused = call(&line(&server, Some(&key)).await, "/undertone.v1.Forgotten/Method").await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn pages_are_guarded_as_methods_are() {
    let server = guarded().await;
    let recognize = new_key(server.data_dir(), &[]);
    let analytics = new_key(server.data_dir(), &["--scopes", "analytics"]);
    until(&server, &analytics, Code::Ok).await;
    let status = async |path: &str, key: Option<&str>| {
        let header = key.map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
        server.get_with(path, &header).await.unwrap().0
    };
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(status(probe, None).await, "HTTP/1.1 200 OK", "{probe}");
    }
    assert_eq!(status("/metrics", None).await, "HTTP/1.1 401 Unauthorized");
    assert_eq!(status("/metrics", Some("nonsense")).await, "HTTP/1.1 401 Unauthorized");
    assert_eq!(status("/metrics", Some(&recognize)).await, "HTTP/1.1 403 Forbidden");
    assert_eq!(status("/metrics", Some(&analytics)).await, "HTTP/1.1 200 OK");
    assert_eq!(status("/forgotten", Some(&analytics)).await, "HTTP/1.1 403 Forbidden");
    for probe in ["/v2/health/live", "/v2/health/ready"] {
        assert_eq!(status(probe, None).await, "HTTP/1.1 200 OK", "{probe}");
    }
    let version = format!("/v2/models/cnn/versions/{CNN_VERSION}");
    for page in ["/v2", "/v2/models/cnn", "/v2/models/cnn/ready", &version] {
        assert_eq!(status(page, None).await, "HTTP/1.1 401 Unauthorized", "{page}");
        assert_eq!(status(page, Some(&analytics)).await, "HTTP/1.1 200 OK", "{page}");
    }
    assert_eq!(status("/v2/models/cnn/config", Some(&recognize)).await, "HTTP/1.1 200 OK");
    for page in ["/v2/models/stats", "/v2/models/cnn/stats", &format!("{version}/stats")] {
        assert_eq!(status(page, Some(&recognize)).await, "HTTP/1.1 403 Forbidden", "{page}");
        assert_eq!(status(page, Some(&analytics)).await, "HTTP/1.1 200 OK", "{page}");
    }
    let change = "/v2/repository/models/cnn/unload";
    assert_eq!(status(change, Some(&analytics)).await, "HTTP/1.1 403 Forbidden");
    let admin = new_key(server.data_dir(), &["--scopes", "admin"]);
    until(&server, &admin, Code::Ok).await;
    for (page, key) in [(change, &admin), ("/v2/repository/index", &recognize)] {
        // Let in; the page is one to post to.
        assert_eq!(status(page, Some(key)).await, "HTTP/1.1 405 Method Not Allowed", "{page}");
    }
    let (_, told) = server.get("/v2/models/cnn").await.unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told["error"].as_str().unwrap().contains("key"), "{told}");
    let infer = &format!("{version}/infer");
    assert_eq!(status(infer, Some(&analytics)).await, "HTTP/1.1 403 Forbidden");
    // Let in; the page is one to post to.
    assert_eq!(status(infer, Some(&recognize)).await, "HTTP/1.1 405 Method Not Allowed");
}

#[tokio::test]
async fn refusals_are_counted_by_reason() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--scopes", "analytics"]);
    until(&server, &key, Code::Ok).await;
    list_models(&server, None).await.unwrap_err();
    let header = format!("Authorization: Bearer {key}\r\n");
    let metrics = server.get_with("/metrics", &header).await.unwrap().1;
    assert!(metrics.contains("undertone_calls_refused_total{reason=\"no_key\"} 1"), "{metrics}");
}

#[tokio::test]
async fn without_keys_every_method_answers() {
    let server = TestServer::start(&[]).await.unwrap();
    let line = line(&server, None).await;
    for path in methods() {
        let code = call(&line, &path).await.err().map(|status| status.code());
        assert!(!matches!(code, Some(Code::Unauthenticated | Code::PermissionDenied)), "{path}: {code:?}");
    }
}
