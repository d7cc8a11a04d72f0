//! The console: the pages of `web/`, as `cargo xtask console` had built them when this program was. They are open to
//! everybody and hold no data; what they ask for is guarded as it is for any other client.

mod headers;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

/// A file of the console.
struct File {
    /// Below `/console/`.
    name: &'static str,
    tag: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/console.rs"));

const PAGE: &str = "index.html";
/// What is here changes its name with its contents.
const LASTING: &str = "assets/";

/// What a server says that was built without the console.
const NONE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Undertone</title>\
    <h1>This server has no console</h1><p>It was built without its pages. With Node.js 20 or later and npm there, \
    <code>cargo xtask console</code> builds them, and <code>cargo xtask stage</code> a server that has them.</p>\
    <p>What the console shows can be asked for over gRPC and HTTP, too; <a href=\"/readyz\">/readyz</a> says how the \
    server is.</p></html>\n";

/// `/`, and the files below `/console/`.
pub(crate) fn routes() -> Router {
    let routes = Router::new().route("/", get(page)).route("/console/{*name}", get(file));
    routes.layer(from_fn(headers::add))
}

async fn page(asked: HeaderMap) -> Response {
    find(PAGE).map_or_else(|| Html(NONE).into_response(), |file| file.answer(&asked))
}

async fn file(Path(name): Path<String>, asked: HeaderMap) -> Response {
    match find(&name) {
        Some(file) => file.answer(&asked),
        None => (StatusCode::NOT_FOUND, "the console has no such file\n").into_response(),
    }
}

fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

impl File {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let cached = if self.name.starts_with(LASTING) { headers::LASTING } else { headers::ASK_AGAIN };
        let told = [(header::CACHE_CONTROL, cached), (header::ETAG, self.tag)];
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == self.tag)) {
            return (StatusCode::NOT_MODIFIED, told).into_response();
        }
        (told, [(header::CONTENT_TYPE, kind(self.name))], self.bytes).into_response()
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
