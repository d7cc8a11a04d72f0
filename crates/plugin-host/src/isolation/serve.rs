//! The other side: a process that runs one model's plugin for one worker.

use super::area::SharedArea;
use super::doorbell::Doorbell;
use super::hardening;
use super::message::{self, Call};
use super::order::{Answer, Description, Order, RefusalKind};
use super::places::Places;
use crate::classifier::PluginClassifier;
use crate::stream_classifier::PluginStreamClassifier;
use crate::{HostConfig, HostError, PluginHost};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::Arc;
use undertone_bundle::Bundle;
use undertone_core::{Advance, Classifier, FramesView, PluginError, StreamClassifier};

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
    let (ask, answer) = (Doorbell::of_file(ask), Doorbell::of_file(answer));
    let area = SharedArea::of_file(area)?;
    ask.hear()?;
    let order: Order = serde_json::from_slice(&message::text(&area).unwrap_or_default())?;
    let missing = hardening::lock_in(&order);
    log();
    missing.iter().for_each(|part| tracing::warn!("the process is not locked in as it should be: {part}"));
    let loaded = Loaded::from_order(&order);
    let said = match &loaded {
        Ok(loaded) => Answer::Described(loaded.description),
        Err(error) => Answer::Refused { message: error.to_string(), kind: RefusalKind::of(error.kind()) },
    };
    message::answer_text(&area, &serde_json::to_vec(&said)?);
    answer.ring()?;
    let Ok(loaded) = loaded else { return Ok(()) };
    let mut desk = Desk { area, loaded, places: Places::default() };
    loop {
        ask.hear()?;
        desk.answer();
        answer.ring()?;
    }
}

/// Lines for the server's log.
fn log() {
    let lines =
        tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time().with_target(false);
    // Fails when somebody logs already; then that is good enough.
    let _ = lines.try_init();
}

/// A plugin with its bundle's graphs.
struct Loaded {
    description: Description,
    whole: PluginClassifier,
    stream: Option<PluginStreamClassifier>,
}

impl Loaded {
    /// Loads it as a server does that runs it itself.
    fn from_order(order: &Order) -> Result<Self, HostError> {
        let config = HostConfig {
            plugins_dir: order.plugins_dir.clone(),
            models_dir: order.bundle.clone(),
            onnxruntime: order.onnxruntime.clone(),
        };
        let host = PluginHost::new(config).with_run_limit(order.answer_within);
        let (whole, stream) = host.classifiers_of(&Bundle::open(&order.bundle)?, &Arc::default())?;
        let streaming = stream.as_ref().map(|kind| kind.streaming.into());
        let description = Description { dim: whole.rules.dim, labels: whole.label_count, streaming };
        let stream = stream.map(|kind| kind.classifier()).transpose()?;
        Ok(Self { description, whole: whole.classifier()?, stream })
    }
}

/// A loaded plugin and the memory through which it is asked.
struct Desk {
    area: SharedArea,
    loaded: Loaded,
    places: Places,
}

impl Desk {
    /// Answers what lies in the memory.
    fn answer(&mut self) {
        let ended = match message::asked(&self.area) {
            Some((call @ (Call::Classify | Call::Advance), items)) => self.score(call, items),
            Some((Call::Load, _)) | None => Err(wrong("it was asked for something else")),
        };
        message::answer(&self.area, &ended);
    }

    fn score(&mut self, call: Call, items: usize) -> Result<(), PluginError> {
        let counts = Places::frame_counts(&self.area, items);
        let fitting = self.places.lay_out(self.loaded.description.shape(), call, counts, self.area.length());
        if fitting != items {
            return Err(wrong("the items have no room in the shared memory"));
        }
        let mut outcomes = Vec::with_capacity(items);
        if call == Call::Classify {
            let batch: Vec<FramesView<'_>> = (0..items).map(|item| self.frames(item)).collect();
            self.loaded.whole.classify(&batch, &mut outcomes)?;
        } else {
            let state_values = self.loaded.description.shape().state_values;
            let advance = |item| {
                // SAFETY: until the answer is given the server leaves the memory alone, and every state is lent once.
                let state = unsafe { self.area.lend(self.places.state(item), state_values) };
                Advance { frames: self.frames(item), state }
            };
            let mut batch: Vec<Advance<'_>> = (0..items).map(advance).collect();
            let stream =
                self.loaded.stream.as_mut().ok_or_else(|| wrong("the bundle has no stateful graph"))?;
            stream.advance(&mut batch, &mut outcomes)?;
        }
        for (item, outcome) in outcomes.iter().enumerate().take(items) {
            self.places.put_outcome(&self.area, item, outcome);
        }
        Ok(())
    }

    fn frames<'a>(&self, item: usize) -> FramesView<'a> {
        let (at, count) = self.places.frames(item);
        // SAFETY: until the answer is given nobody writes frames: the server leaves the memory alone, and a plugin only reads
        // them.
        FramesView { dim: self.loaded.description.dim, values: unsafe { self.area.lend(at, count) } }
    }
}

fn wrong(message: &str) -> PluginError {
    PluginError::Failed { plugin: String::new(), what: "a call".to_owned(), message: message.to_owned() }
}
