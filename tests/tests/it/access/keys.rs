//! Keys from their making to their end.

use super::{guarded, id_of, list_models, new_key, printed, recognizer, recording, undertone, until};
use tonic::Code;
use undertone_tests::{PrivatePostgres, TestServer};

#[tokio::test]
async fn a_key_that_is_made_while_the_server_runs_opens_it() {
    let server = guarded().await;
    assert_eq!(list_models(&server, None).await.unwrap_err().code(), Code::Unauthenticated);
    let key = new_key(server.data_dir(), &[]);
    until(&server, &key, Code::Ok).await;
    let answer = recognizer(&server, &key).await.recognize(recording()).await.unwrap().into_inner();
    assert!(!answer.utterances.is_empty());
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_the_refusal_names_it_without_its_secret() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &[]);
    until(&server, &key, Code::Ok).await;
    printed(&undertone(server.data_dir(), &["keys", "revoke", id_of(&key)]));
    let refusal = until(&server, &key, Code::Unauthenticated).await.unwrap();
    assert_eq!(refusal.message(), format!("the key {} was revoked", id_of(&key)));
    let again = printed(&undertone(server.data_dir(), &["keys", "revoke", id_of(&key)]));
    assert!(again.ends_with("was revoked before"), "{again}");
}

#[tokio::test]
async fn a_key_ends_when_it_was_said_to() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--expires-in", "1ms"]);
    let other = new_key(server.data_dir(), &["--expires-in", "1h"]);
    until(&server, &other, Code::Ok).await;
    let refusal = list_models(&server, Some(&key)).await.unwrap_err();
    assert_eq!(refusal.message(), format!("the key {} has expired", id_of(&key)));
}

#[tokio::test]
async fn a_rotated_key_and_its_successor_are_both_good_for_the_overlap() {
    let server = guarded().await;
    let data = server.data_dir();
    let old = new_key(data, &["--tenant", "acme", "--scopes", "recognize,analytics", "--max-streams", "7"]);
    let new = printed(&undertone(data, &["keys", "rotate", id_of(&old), "--overlap", "1h"]));
    until(&server, &new, Code::Ok).await;
    until(&server, &old, Code::Ok).await;
    let last = printed(&undertone(data, &["keys", "rotate", id_of(&new), "--overlap", "0s"]));
    until(&server, &last, Code::Ok).await;
    until(&server, &new, Code::Unauthenticated).await;
    let listed = printed(&undertone(data, &["keys", "list", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let successor = listed.as_array().unwrap().iter().find(|key| key["id"] == id_of(&last)).unwrap();
    assert_eq!(successor["tenant"], "acme");
    assert_eq!(successor["scopes"], serde_json::json!(["recognize", "analytics"]));
    assert_eq!(successor["max_streams"], 7);
    assert!(successor["expires_at_micros"].is_null());
}

#[test]
fn a_rotated_key_is_followed_by_one_that_is_good_for_as_long_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let old = new_key(data.path(), &["--expires-in", "1h"]);
    let rotated = undertone(data.path(), &["keys", "rotate", id_of(&old), "--overlap", "24h"]);
    let (new, told) = (printed(&rotated), String::from_utf8_lossy(&rotated.stderr).into_owned());
    let listed = printed(&undertone(data.path(), &["keys", "list", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let figure = |id: &str, field: &str| {
        let key = listed.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
        key[field].as_i64().unwrap()
    };
    let ends = |id: &str| figure(id, "expires_at_micros");
    assert_eq!(
        ends(id_of(&old)) - figure(id_of(&old), "created_at_micros"),
        3_600_000_000,
        "no end is put off"
    );
    assert_eq!(ends(id_of(&new)) - figure(id_of(&new), "created_at_micros"), 3_600_000_000);
    let table = printed(&undertone(data.path(), &["keys", "list"]));
    for id in [id_of(&old), id_of(&new)] {
        let row = table.lines().find(|line| line.starts_with(id)).unwrap();
        let end = row.split_whitespace().nth(2).unwrap();
        assert!(end.ends_with('Z') && told.contains(end), "{end}: {told}");
    }
}

#[tokio::test]
async fn the_data_folder_holds_no_key() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &[]);
    until(&server, &key, Code::Ok).await;
    let folder = server.stop().await.unwrap();
    let secret = key.rsplit('_').next().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{} holds a key", path.display());
    }
}

#[tokio::test]
async fn keys_in_postgres_open_every_server_of_it() {
    let postgres = PrivatePostgres::start();
    let flags = [("auth.keys", "true"), ("auth.refresh", "20ms"), ("store.url", &postgres.url())];
    let one = TestServer::start(&flags).await.unwrap();
    let other = TestServer::start(&flags).await.unwrap();
    let store = format!("store.url={}", postgres.url());
    let key = new_key(one.data_dir(), &["--set", &store]);
    until(&one, &key, Code::Ok).await;
    until(&other, &key, Code::Ok).await;
    printed(&undertone(one.data_dir(), &["keys", "revoke", id_of(&key), "--set", &store]));
    until(&one, &key, Code::Unauthenticated).await;
    until(&other, &key, Code::Unauthenticated).await;
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let data = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = undertone(data.path(), arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&["keys", "create", "x", "--scopes", "everything"]).contains("recognize, feedback"));
    new_key(data.path(), &[]);
    assert!(said(&["keys", "revoke", "nobody"]).contains("there is no key \"nobody\""));
    assert!(said(&["keys", "create", "x", "--expires-in", "5"]).contains("a duration with its unit"));
    assert!(said(&["keys", "create", "x", "--expires-in", "0s"]).contains("give more than 0"));
    assert!(said(&["keys", "create", ""]).contains("a value is required"));
}

#[test]
fn whoever_makes_the_first_key_in_a_new_folder_hears_of_it() {
    let above = tempfile::tempdir().unwrap();
    let data = above.path().join("data");
    let told = |output: std::process::Output| String::from_utf8(output.stderr).unwrap();
    let first = told(undertone(&data, &["keys", "create", "x"]));
    assert!(first.contains("data is new: only a server with this --data-dir takes the key"), "{first}");
    let second = told(undertone(&data, &["keys", "create", "y"]));
    assert!(!second.contains("is new"), "{second}");
}
