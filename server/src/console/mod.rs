//! The console: the pages of `web/`, as `cargo xtask console` had built them when this program was. They are open to
//! everybody and hold no data; what they ask for is guarded as it is for any other client.

mod coding;
mod headers;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use coding::Coding;

/// A file of the console.
struct File {
    /// Below `/console/`.
    name: &'static str,
    /// Of its contents.
    tag: u64,
    bytes: &'static [u8],
    /// The same in the codings of [`Coding::ALL`], where it lies in them.
    coded: [Option<&'static [u8]>; 2],
}

include!(concat!(env!("OUT_DIR"), "/console.rs"));

const PAGE: &str = "index.html";
/// What is here changes its name with its contents.
const LASTING: &str = "assets/";

/// What a server says that was built without the console.
const NONE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Undertone</title>\
    <h1>This server has no console</h1><p>It was built without its pages. With Node.js 20.19 or later and npm there, \
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
        let (bytes, coding) = self.as_taken(asked);
        let tag = self.tag_in(coding);
        let mut told = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static(cached))]);
        // Of digits and letters.
        told.extend(HeaderValue::try_from(&tag).map(|tag| (header::ETAG, tag)));
        if self.coded.iter().any(Option::is_some) {
            told.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|own| own.trim() == tag)) {
            return (StatusCode::NOT_MODIFIED, told).into_response();
        }
        if let Some(coding) = coding {
            told.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        (told, [(header::CONTENT_TYPE, kind(self.name))], bytes).into_response()
    }

    /// The smallest form that whoever asks takes.
    fn as_taken(&self, asked: &HeaderMap) -> (&'static [u8], Option<Coding>) {
        let coded = Coding::ALL.into_iter().zip(self.coded);
        let mut taken =
            coded.filter_map(|(coding, bytes)| bytes.filter(|_| coding.is_taken(asked)).zip(Some(coding)));
        taken.next().map_or((self.bytes, None), |(bytes, coding)| (bytes, Some(coding)))
    }

    /// Every form has its own, since their bytes differ (RFC 9110, section 8.8.3).
    fn tag_in(&self, coding: Option<Coding>) -> String {
        let coding = coding.map(|own| format!("-{}", own.name())).unwrap_or_default();
        format!("\"{:016x}{coding}\"", self.tag)
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
