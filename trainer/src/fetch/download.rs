//! One file over HTTP, taken up again where it broke off (RFC 9110, sections 13 and 14).

use super::Transfer;
use super::partial::Partial;
use crate::TrainError;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body};

/// How often a broken connection is made anew within one run.
const ATTEMPTS: u32 = 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Silence of the server for so long breaks the connection.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const BLOCK_BYTES: usize = 1 << 16;
/// Larger files are refused, so that no server can fill the disk.
const MAX_BYTES: u64 = 4 << 30;

type Cause = Box<dyn Error + Send + Sync>;

/// Why an attempt ended early.
enum Break {
    /// Bytes came, and then no more; the next attempt may bring the rest.
    Cut(Cause),
    /// Trying again would not help.
    Final(TrainError),
}

impl From<TrainError> for Break {
    fn from(error: TrainError) -> Self {
        Self::Final(error)
    }
}

/// Downloads `url` into `partial` to its end. Bytes that are there already are kept when the server can go on
/// behind them in the same version of the file; else the download begins anew. A broken connection is made
/// anew at once as long as each one brings bytes.
pub(super) fn download(
    url: &str,
    partial: &Partial,
    report: &mut dyn FnMut(Transfer),
) -> Result<(), TrainError> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(READ_TIMEOUT));
    let attempt = Attempt { agent: config.build().new_agent(), url, partial };
    for _ in 1..ATTEMPTS {
        match attempt.run(report) {
            Err(Break::Cut(_)) => {}
            Err(Break::Final(error)) => return Err(error),
            Ok(()) => return Ok(()),
        }
    }
    attempt.run(report).map_err(|end| match end {
        Break::Cut(cause) => attempt.refusal(cause),
        Break::Final(error) => error,
    })
}

struct Attempt<'a> {
    agent: Agent,
    url: &'a str,
    partial: &'a Partial,
}

impl Attempt<'_> {
    fn run(&self, report: &mut dyn FnMut(Transfer)) -> Result<(), Break> {
        let held = self.partial.len();
        if held > 0 {
            let response = self.ask(Some(held))?;
            if response.status() == StatusCode::PARTIAL_CONTENT {
                if let Some(range) = self.continuation(&response, held) {
                    return self.receive(response, self.partial.resumed()?, range, report);
                }
            } else if response.status() == StatusCode::OK {
                return self.restart(response, report);
            } else if self.is_whole(&response, held) {
                return Ok(());
            }
            // Another range than asked for, another version, or a file that became shorter.
        }
        self.restart(self.ask(None)?, report)
    }

    fn ask(&self, from: Option<u64>) -> Result<Response<Body>, TrainError> {
        let mut request = self.agent.get(self.url);
        if let Some(from) = from {
            request = request.header("Range", format!("bytes={from}-"));
            // A weak tag is not allowed there (RFC 9110, 13.1.5).
            if let Some(tag) = self.partial.tag().filter(|tag| !tag.starts_with("W/")) {
                request = request.header("If-Range", tag);
            }
        }
        request.call().map_err(|error| self.refusal(Box::new(error)))
    }

    /// Where `response` goes on, if it does so behind the `held` bytes of the same version.
    fn continuation(&self, response: &Response<Body>, held: u64) -> Option<Range> {
        let range = Range::parse(header(response.headers(), "content-range")?)?;
        let same = match (self.partial.tag(), header(response.headers(), "etag")) {
            (Some(known), Some(told)) => known == told,
            _ => true,
        };
        (same && range.from == held).then_some(range)
    }

    /// Whether `response` refuses a range because nothing comes behind the `held` bytes.
    fn is_whole(&self, response: &Response<Body>, held: u64) -> bool {
        let total =
            header(response.headers(), "content-range").and_then(|range| range.strip_prefix("bytes */"));
        response.status() == StatusCode::RANGE_NOT_SATISFIABLE && total == Some(held.to_string().as_str())
    }

    fn restart(&self, response: Response<Body>, report: &mut dyn FnMut(Transfer)) -> Result<(), Break> {
        if response.status() != StatusCode::OK {
            let reason = format!("the server answered {}", response.status());
            return Err(self.refusal(reason.into()).into());
        }
        let total = header(response.headers(), "content-length").and_then(|length| length.parse().ok());
        let file = self.partial.restarted(header(response.headers(), "etag"))?;
        self.receive(response, file, Range { from: 0, total }, report)
    }

    fn receive(
        &self,
        response: Response<Body>,
        mut file: File,
        range: Range,
        report: &mut dyn FnMut(Transfer),
    ) -> Result<(), Break> {
        let began = Instant::now();
        let mut body = response.into_body().into_reader();
        let mut block = vec![0; BLOCK_BYTES];
        let mut bytes = range.from;
        let total = range.total;
        if total.is_some_and(|total| total > MAX_BYTES) {
            return Err(self.too_large().into());
        }
        loop {
            report(Transfer { bytes, began_at: range.from, total, elapsed: began.elapsed() });
            let read = match body.read(&mut block) {
                Ok(0) if total.is_some_and(|total| bytes < total) => {
                    return Err(self.cut("the connection ended early".into(), bytes > range.from));
                }
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) => return Err(self.cut(Box::new(error), bytes > range.from)),
            };
            bytes += read as u64;
            if bytes > MAX_BYTES {
                return Err(self.too_large().into());
            }
            file.write_all(&block[..read]).map_err(TrainError::file("write", self.partial.path()))?;
        }
    }

    fn cut(&self, cause: Cause, brought_bytes: bool) -> Break {
        if brought_bytes { Break::Cut(cause) } else { self.refusal(cause).into() }
    }

    fn too_large(&self) -> TrainError {
        self.refusal(format!("it is larger than {MAX_BYTES} bytes").into())
    }

    fn refusal(&self, source: Cause) -> TrainError {
        TrainError::Download { url: self.url.to_owned(), source }
    }
}

/// The bytes of a response within its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    from: u64,
    /// Bytes of the whole file, if told.
    total: Option<u64>,
}

impl Range {
    /// Reads `bytes FROM-TO/TOTAL`, where the total may be `*`. Only what reaches the file's end is taken.
    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (from, to) = range.split_once('-')?;
        let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
        if total == "*" {
            return Some(Self { from, total: None });
        }
        let total: u64 = total.parse().ok()?;
        (from <= to && to.checked_add(1)? == total).then_some(Self { from, total: Some(total) })
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_range_up_to_the_end_of_the_file_is_taken() {
        assert_eq!(Range::parse("bytes 5-9/10"), Some(Range { from: 5, total: Some(10) }));
        assert_eq!(Range::parse("bytes 5-9/*"), Some(Range { from: 5, total: None }));
        for text in [
            "",
            "bytes */10",
            "bytes 5-8/10",
            "bytes 9-5/6",
            "items 5-9/10",
            "bytes 0-18446744073709551615/1",
        ] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
