//! What browsers are told about the pages, and who may have them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use undertone_tests::TestServer;

/// Status line, headers in lower case, and body.
struct Answer {
    status: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
}

async fn get(server: &TestServer, path: &str, headers: &str) -> Answer {
    let address = server.http_address();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    connection.read_to_end(&mut bytes).await.unwrap();
    let response = String::from_utf8_lossy(&bytes);
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: body.to_owned() }
}

/// What the page names below `/console/`; nothing on a server that was built without the console.
fn named(page: &str) -> Vec<String> {
    let parts = page.split('"').filter(|part| part.starts_with("/console/"));
    parts.map(str::to_owned).collect()
}

#[tokio::test]
async fn everybody_gets_the_page_and_its_files_and_nothing_else_without_a_key() {
    let server = TestServer::start(&[("auth.keys", "true")]).await.unwrap();
    let page = get(&server, "/", "").await;
    assert_eq!(page.status, "HTTP/1.1 200 OK");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.contains("<title>Undertone</title>"), "{}", page.body);
    for file in named(&page.body) {
        assert_eq!(get(&server, &file, "").await.status, "HTTP/1.1 200 OK", "{file}");
    }
    assert_eq!(get(&server, "/console/forgotten.js", "").await.status, "HTTP/1.1 404 Not Found");
    for guarded in ["/api/v1/analytics/emotions", "/metrics", "/consol", "/undertone.v1.Forgotten/Method"] {
        assert_eq!(get(&server, guarded, "").await.status, "HTTP/1.1 401 Unauthorized", "{guarded}");
    }
}

#[tokio::test]
async fn nothing_runs_in_the_page_that_the_server_did_not_send_as_a_file() {
    let server = TestServer::start(&[]).await.unwrap();
    let page = get(&server, "/", "").await;
    let mut paths = named(&page.body);
    paths.extend(["/".to_owned(), "/console/forgotten.js".to_owned()]);
    for path in paths {
        let answer = get(&server, &path, "").await;
        let policy = answer.header("content-security-policy");
        let rules: Vec<&str> = policy.split(';').map(str::trim).collect();
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"] {
            assert!(rules.contains(&rule), "{path}: {policy}");
        }
        for rule in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
            assert!(rules.contains(&rule), "{path}: {policy}");
        }
        for loose in ["unsafe", "http:", "https:", "blob:", "*"] {
            assert!(!policy.contains(loose), "{path}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
    let inline = page.body.split("<script").skip(1).any(|script| !script.contains("src="));
    assert!(!inline && !page.body.contains("<style") && !page.body.contains("style="), "{}", page.body);
}

#[tokio::test]
async fn files_are_kept_for_good_and_the_page_that_names_them_is_asked_for_again() {
    let server = TestServer::start(&[]).await.unwrap();
    let page = get(&server, "/", "").await;
    let files = named(&page.body);
    for file in &files {
        let answer = get(&server, file, "").await;
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
    }
    if files.is_empty() {
        eprintln!("SKIPPED: the server was built without its console; `cargo xtask console` builds it");
        assert!(page.body.contains("cargo xtask console"), "it says how to get it: {}", page.body);
        return;
    }
    assert_eq!(page.header("cache-control"), "no-cache");
    let known = format!("If-None-Match: {}\r\n", page.header("etag"));
    let again = get(&server, "/", &known).await;
    assert_eq!((again.status.as_str(), again.body.as_str()), ("HTTP/1.1 304 Not Modified", ""));
    let coded = get(&server, "/", &format!("{known}Accept-Encoding: gzip\r\n")).await;
    assert_eq!(coded.status, "HTTP/1.1 304 Not Modified", "the page is too small to be packed");
    let other = get(&server, "/", "If-None-Match: \"other\"\r\n").await;
    assert_eq!(other.status, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn scripts_and_styles_are_packed_for_browsers_that_take_it() {
    let server = TestServer::start(&[]).await.unwrap();
    let files = named(&get(&server, "/", "").await.body);
    let texts = files.iter().filter(|file| file.ends_with(".js") || file.ends_with(".css"));
    for file in texts {
        let plain = get(&server, file, "").await;
        assert_eq!(
            (plain.header("content-encoding"), plain.header("vary")),
            ("", "accept-encoding"),
            "{file}"
        );
        let mut tags = vec![plain.header("etag").to_owned()];
        for (said, coding) in [("gzip, deflate, br", "br"), ("gzip, deflate", "gzip"), ("br;q=0, *", "gzip")]
        {
            let asked = format!("Accept-Encoding: {said}\r\n");
            let packed = get(&server, file, &asked).await;
            assert_eq!(packed.header("content-encoding"), coding, "{file} for {said}");
            assert_eq!(packed.header("vary"), "accept-encoding", "{file} for {said}");
            assert_eq!(packed.header("content-type"), plain.header("content-type"), "{file} for {said}");
            let length = |answer: &Answer| answer.header("content-length").parse::<usize>().unwrap();
            assert!(length(&packed) * 2 < length(&plain), "{file} for {said}");
            let known = format!("{asked}If-None-Match: {}\r\n", packed.header("etag"));
            let again = get(&server, file, &known).await;
            assert_eq!(again.status, "HTTP/1.1 304 Not Modified", "{file} for {said}");
            assert_eq!(again.header("vary"), "accept-encoding", "{file} for {said}");
            // Another form has other bytes, so it is another thing to ask for.
            let known = format!("If-None-Match: {}\r\n", packed.header("etag"));
            assert_eq!(get(&server, file, &known).await.status, "HTTP/1.1 200 OK", "{file} for {said}");
            tags.push(packed.header("etag").to_owned());
        }
        tags.dedup();
        assert_eq!(tags.len(), 3, "{tags:?}");
    }
}
