//! `undertone models` and `undertone bundle` as a stranger runs them.

use super::{Releases, Speaker};
use std::path::Path;
use std::process::{Command, Output};
use undertone_tests::stage;

pub(super) fn undertone(arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(arguments).env("NO_COLOR", "1").env_remove("UNDERTONE_KEY_PASSWORD");
    command.output().unwrap()
}

pub(super) fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_and_its_rollback_from_the_command_line() {
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let at = ["--server", server.url()];
    let models = |arguments: &[&str]| undertone(&[&["models"][..], arguments, &at].concat());
    let live = Speaker::open(&server, "cnn").await;
    releases.release("1.1.0", |_, _| {});
    let loaded = printed(&models(&["load", "cnn@1.1.0"]));
    let expected =
        "cnn@1.1.0 takes new streams\ncnn@1.0.0 takes no new streams; the one that it has goes on\n";
    assert_eq!(loaded, expected);
    let listed = printed(&models(&["list"]));
    assert!(listed.contains("cnn@1.0.0  draining     1 streams  the policy of cnn is latest"), "{listed}");
    assert!(listed.contains("cnn@1.1.0  ready        0 streams  answers for cnn"), "{listed}");
    let rolled_back = printed(&models(&["rollback", "cnn"]));
    assert!(
        rolled_back.contains("cnn@1.0.0 takes new streams\ncnn@1.1.0 takes no new streams"),
        "{rolled_back}"
    );
    let unloaded = printed(&models(&["unload", "cnn"]));
    assert_eq!(unloaded, "cnn@1.0.0 takes no new streams; the one that it has goes on\n");
    for line in printed(&models(&["list", "--format", "json"])).lines() {
        let version: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(version["state"] == "draining" || version["state"] == "unloaded", "{version}");
    }
    let refused = complaint(&models(&["load", "cnn@7.0.0"]));
    assert!(
        refused.contains("there is no bundle of \"cnn@7.0.0\"") && refused.contains("NOT_FOUND"),
        "{refused}"
    );
    live.finish().await;
}

#[test]
fn a_bundle_is_packed_signed_verified_and_shown() {
    let releases = Releases::new();
    let bundle = releases.make("1.1.0", |_, _| {});
    let (bundle, key) = (bundle.to_str().unwrap(), releases.beside().join("release"));
    let key = key.to_str().unwrap();
    let bundle_command = |arguments: &[&str]| undertone(&[&["bundle"][..], arguments].concat());
    printed(&bundle_command(&["keygen", key, "--password", "saffron"]));
    let again = complaint(&bundle_command(&["keygen", key, "--no-password"]));
    assert!(again.contains("release.key cannot be written"), "a key is never written over: {again}");
    let public = format!("{key}.pub");
    let unsigned = complaint(&bundle_command(&["verify", bundle, "--trusted-keys", &public]));
    assert!(unsigned.contains("is not trusted: it is not signed"), "{unsigned}");

    let secret = format!("{key}.key");
    let wrong = complaint(&bundle_command(&["sign", bundle, "--key", &secret, "--password", "pepper"]));
    assert!(wrong.contains("Wrong password"), "{wrong}");
    let sign = ["sign", bundle, "--key", &secret, "--password", "saffron", "--comment", "by hand"];
    assert!(printed(&bundle_command(&sign)).contains("cnn@1.1.0 is signed"));
    let archive = format!("{key}.tar.zst");
    assert!(printed(&bundle_command(&["pack", bundle, "--out", &archive])).contains("packed into"));
    for packed in [bundle, archive.as_str()] {
        let verified = printed(&bundle_command(&["verify", packed, "--trusted-keys", &public]));
        assert!(verified.contains("signed by release: \"cnn@1.1.0 by hand\""), "{verified}");
        let shown = printed(&bundle_command(&["inspect", packed]));
        assert!(shown.contains("cnn@1.1.0: 4 files") && shown.contains("signature: yes"), "{shown}");
        let json = printed(&bundle_command(&["inspect", packed, "--format", "json"]));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["manifest"]["name"], "cnn");
    }
    std::fs::write(Path::new(bundle).join("card.md"), b"other").unwrap();
    assert!(complaint(&bundle_command(&["verify", bundle])).contains("card.md: has checksum"));
    assert!(complaint(&bundle_command(&["pack", bundle])).contains("card.md: has checksum"));
}
