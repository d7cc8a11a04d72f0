//! A web server with one file.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// Serves the file and ranges of it.
    Whole,
    /// Breaks off after so many bytes of each answer.
    CutAfter(usize),
    /// The same, and does not know ranges.
    CutFirstAndNoRanges(usize),
    /// Answers a range with another one.
    WrongRange,
    /// Has no file.
    Missing,
}

/// Serves until the process ends, at a port of its own.
pub(crate) struct Web {
    url: String,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

struct Site {
    file: Vec<u8>,
    tag: &'static str,
    manners: Manners,
}

impl Web {
    pub(crate) fn serve(file: Vec<u8>, tag: &'static str, manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/clips.zip", listener.local_addr().expect("bound"));
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&ranges);
        let site = Site { file, tag, manners };
        thread::spawn(move || {
            for (count, stream) in listener.incoming().flatten().enumerate() {
                let Some((from, condition)) = asked(&stream) else { continue };
                noted.lock().expect("no panic").push(from);
                let answer = site.answer(from.filter(|_| condition.is_none_or(|tag| tag == site.tag)), count);
                // The client may be gone already.
                let _ = (&stream).write_all(&answer);
            }
        });
        Self { url, ranges }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The first byte that each request asked for; `None` for the whole file.
    pub(crate) fn asked(&self) -> Vec<Option<usize>> {
        self.ranges.lock().expect("no panic").clone()
    }
}

impl Site {
    fn answer(&self, from: Option<usize>, count: usize) -> Vec<u8> {
        let total = self.file.len();
        let (from, most) = match self.manners {
            Manners::Missing => {
                return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
            }
            Manners::Whole => (from, total),
            Manners::CutAfter(most) => (from, most),
            Manners::CutFirstAndNoRanges(most) => (None, if count == 0 { most } else { total }),
            Manners::WrongRange => (from.map(|from| from + 1), total),
        };
        if from.is_some_and(|from| from >= total) {
            let head = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nConnection: close\r\n";
            return format!("{head}Content-Range: bytes */{total}\r\n\r\n").into_bytes();
        }
        let body = &self.file[from.unwrap_or(0)..];
        let status = match from {
            Some(from) => format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{total}", total - 1),
            None => "200 OK".to_owned(),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nETag: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.tag,
            body.len()
        );
        [head.as_bytes(), &body[..body.len().min(most)]].concat()
    }
}

/// The first byte that a request asks for, and the version for which it does.
fn asked(stream: &TcpStream) -> Option<(Option<usize>, Option<String>)> {
    let (mut from, mut condition) = (None, None);
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("range") => {
                from = value.trim_start_matches("bytes=").trim_end_matches('-').parse().ok();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("if-range") => {
                condition = Some(value.to_owned());
            }
            None if line.is_empty() => return Some((from, condition)),
            _ => {}
        }
    }
    None
}
