//! The other side: a process that runs one of a model's plugins.

use super::admitted::Admitted;
use super::area::SharedArea;
use super::doorbell::{Bell, Button};
use super::framing::FrameMaking;
use super::hardening;
use super::message::{self, Call};
use super::order::{Answer, Order, Part, RefusalKind};
use super::scoring::Scoring;
use super::tally;
use crate::{HostConfig, HostError, PluginHost};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use undertone_bundle::{Acceptance, Bounds, Bundle};
use undertone_core::PluginError;

/// Runs a plugin for the server that started this process, until it is ended. `arguments` are three numbers of open files
/// that the server has passed on (the shared memory, the bell to hear, the bell to ring) and the server's own number.
///
/// # Errors
/// When it was not started by a server, or the server is gone.
pub fn serve(arguments: impl Iterator<Item = String>) -> io::Result<()> {
    let numbers: Option<Vec<i32>> = arguments.map(|argument| argument.parse().ok()).collect();
    let Some(&[area, ask, answer, server]) = numbers.as_deref() else {
        return Err(io::Error::other(
            "only the server starts this program, for a plugin in a process of its own",
        ));
    };
    hardening::follow(server.unsigned_abs())?;
    // SAFETY: the server passed these files on, and nobody else in this new process knows their numbers.
    let [area, ask, answer] = [area, ask, answer].map(|number| unsafe { OwnedFd::from_raw_fd(number) });
    let (ask, answer) = (Bell::of_file(ask), Button::of_file(answer));
    let area = SharedArea::of_file(area)?;
    ask.hear()?;
    let order: Order = serde_json::from_slice(&message::text(&area).unwrap_or_default())?;
    let missing = hardening::lock_in(&order);
    log();
    missing.iter().for_each(|part| tracing::warn!("the process is not locked in as it should be: {part}"));
    let host = host(&order);
    let loaded = confined(&order, &missing).and_then(|()| load(&host, &order));
    let said = match &loaded {
        Ok((_, described)) => described.clone(),
        Err(error) => Answer::Refused { message: error.to_string(), kind: RefusalKind::of(error.kind()) },
    };
    message::answer_text(&area, &serde_json::to_vec(&said)?);
    let mut counted = tell_counters(&area, &host, 0);
    answer.ring()?;
    let Ok((mut desk, _)) = loaded else { return Ok(()) };
    loop {
        ask.hear()?;
        let ended = match message::asked(&area) {
            Some((call, items)) => desk.answer(&area, call, items),
            None => Err(wrong("it was asked for something else")),
        };
        message::answer(&area, &ended);
        counted = tell_counters(&area, &host, counted);
        answer.ring()?;
    }
}

/// What a plugin is asked through the shared memory, which the server leaves alone meanwhile.
pub(super) trait Desk {
    /// Answers a call about `items` items, or about the stream of that number.
    fn answer(&mut self, area: &SharedArea, call: Call, items: usize) -> Result<(), PluginError>;
}

/// Refuses to run a plugin in less than the whole confinement, where that is wanted.
fn confined(order: &Order, missing: &[String]) -> Result<(), HostError> {
    if missing.is_empty() || !order.require_confinement {
        return Ok(());
    }
    Err(HostError::Unconfined { plugin: order.plugin.clone(), missing: missing.join("; ") })
}

/// Loads the plugin as a server does that runs it itself.
fn load(host: &PluginHost, order: &Order) -> Result<(Box<dyn Desk>, Answer), HostError> {
    // The server has looked at its size and at who signed it; this is compared with what it admitted.
    let bounds = Bounds { max_bytes: u64::MAX, ..Bounds::default() };
    let acceptance = Acceptance { bounds, ..Acceptance::default() };
    let bundle = Bundle::open_accepted(&order.bundle, &acceptance)?;
    let now = Admitted::of(host, &bundle, &order.plugin)?;
    order.admitted.check(&now, &order.plugin)?;
    Ok(match order.part {
        Part::Classifier => {
            let scoring = Scoring::load(host, &bundle)?;
            let described = Answer::Scores(scoring.description);
            (Box::new(scoring), described)
        }
        Part::Extractor => {
            let making = FrameMaking::load(host, &bundle)?;
            let described = Answer::Makes(making.framing());
            (Box::new(making), described)
        }
    })
}

fn host(order: &Order) -> PluginHost {
    let config = HostConfig {
        plugins_dir: order.plugins_dir.clone(),
        models_dir: order.bundle.clone(),
        onnxruntime: order.onnxruntime.clone(),
    };
    let host = PluginHost::new(config).with_run_limit(order.answer_within);
    host.with_substitutes(order.substitutes.clone()).with_libraries_in_place()
}

/// Tells what the plugin counts, where that changed since it was `counted`.
fn tell_counters(area: &SharedArea, host: &PluginHost, counted: u32) -> u32 {
    let now = host.counted();
    if now != counted {
        let counters = host.counters().into_iter().map(|own| (own.name, own.value)).collect();
        tally::put(area, now, &counters);
    }
    now
}

/// Lines for the server's log.
fn log() {
    let lines =
        tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time().with_target(false);
    // Fails when somebody logs already; then that is good enough.
    let _ = lines.try_init();
}

pub(super) fn wrong(message: &str) -> PluginError {
    PluginError::Failed { plugin: String::new(), what: "a call".to_owned(), message: message.to_owned() }
}
