//! TLS on both listeners, and certificates of clients.

use super::{printed, undertone};
use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, KeyPair};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use undertone_tests::{TestServer, shipped_clip};

/// A certificate authority, and a folder for what it signs.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        // Without a name of its own, what it signs looks as if it had signed itself.
        params.distinguished_name.push(rcgen::DnType::CommonName, "An authority for tests");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    pub(super) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Signs a certificate and writes it with its key.
    pub(super) fn sign(&self, name: &str) -> Pair {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |part: &str| self.folder.path().join(format!("{name}-{part}.pem"));
        std::fs::write(file("certificate"), certificate.pem()).unwrap();
        std::fs::write(file("key"), key.serialize_pem()).unwrap();
        Pair { certificate: file("certificate"), key: file("key") }
    }
}

pub(super) struct Pair {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(super) async fn serve(pair: &Pair, more: &[(&str, &str)]) -> TestServer {
    let own =
        [("tls.certificate", text(&pair.certificate)), ("tls.key", text(&pair.key)), ("tls.reload", "20ms")];
    TestServer::start(&[&own, more].concat()).await.unwrap()
}

/// Has a recording recognised over `https`.
async fn recognize(server: &TestServer, flags: &[&str]) -> Output {
    let url = server.url().replace("http://", "https://");
    let clip = shipped_clip();
    let arguments = [&["recognize", text(&clip), "--format", "json", "--server", &url], flags].concat();
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let data = server.data_dir().to_owned();
    let run = move || undertone(&data, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_trusts_the_authority_is_answered_and_another_is_not() {
    let authority = Authority::new();
    let server = serve(&authority.sign("server"), &[]).await;
    let answer = printed(&recognize(&server, &["--ca", text(&authority.ca())]).await);
    assert!(answer.contains("\"utterances\""), "{answer}");
    complaint(&recognize(&server, &["--ca", text(&Authority::new().ca())]).await);
    // In the clear nothing is answered, by neither listener.
    super::list_models(&server, None).await.unwrap_err();
    assert!(server.get("/healthz").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_used_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let pair = old.sign("server");
    let server = serve(&pair, &[]).await;
    printed(&recognize(&server, &["--ca", text(&old.ca())]).await);
    let renewed = new.sign("server");
    std::fs::copy(&renewed.key, &pair.key).unwrap();
    std::fs::copy(&renewed.certificate, &pair.certificate).unwrap();
    let trusted = async { while !recognize(&server, &["--ca", text(&new.ca())]).await.status.success() {} };
    tokio::time::timeout(std::time::Duration::from_secs(60), trusted)
        .await
        .expect("the files are read again");
    complaint(&recognize(&server, &["--ca", text(&old.ca())]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_read_any_more_leaves_the_old_one_in_use() {
    let authority = Authority::new();
    let pair = authority.sign("server");
    let server = serve(&pair, &[]).await;
    std::fs::write(&pair.certificate, "no certificate").unwrap();
    for _ in 0..3 {
        printed(&recognize(&server, &["--ca", text(&authority.ca())]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_mutual_tls_only_clients_of_the_authority_are_answered_and_others_told_why() {
    let authority = Authority::new();
    let ca = authority.ca();
    let server = serve(&authority.sign("server"), &[("tls.client_ca", text(&ca))]).await;
    let trusts = ["--ca", text(&ca)];
    let shows = |pair: &Pair| {
        let own = ["--client-certificate", text(&pair.certificate), "--client-key", text(&pair.key)];
        [trusts.as_slice(), &own].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let with = async |pair: &Pair| {
        let flags = shows(pair);
        recognize(&server, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await
    };
    printed(&with(&authority.sign("client")).await);
    let nothing = complaint(&recognize(&server, &trusts).await);
    assert!(nothing.contains("wants a client certificate (UNAUTHENTICATED)"), "{nothing}");
    let stranger = complaint(&with(&Authority::new().sign("client")).await);
    assert!(stranger.contains("not trusted here") && stranger.contains("UNAUTHENTICATED"), "{stranger}");
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_named_at_the_start() {
    let authority = Authority::new();
    let (pair, other) = (authority.sign("server"), authority.sign("other"));
    let nowhere = PathBuf::from("/nowhere/key.pem");
    for (key, told) in [(&nowhere, "tls.key: /nowhere/key.pem"), (&other.key, "does not serve with")] {
        let flags = [("tls.certificate", text(&pair.certificate)), ("tls.key", text(key))];
        let refused = TestServer::start(&flags).await.err().unwrap().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}
