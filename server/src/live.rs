//! Which streams are open, for whoever watches the server.

use crate::recognition::StreamFacts;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use undertone_core::UnixMicros;
use undertone_engine::{Event, SpeechEdge};

/// The streams that are open. As many as the engine admits, which bounds it.
#[derive(Clone, Default)]
pub(crate) struct LiveStreams(Arc<Shared>);

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    /// By the order in which they came.
    open: Mutex<BTreeMap<u64, Arc<Watched>>>,
}

struct Watched {
    facts: StreamFacts,
    opened_at: UnixMicros,
    heard: Mutex<Latest>,
}

/// What a stream was told last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Latest {
    pub(crate) samples: u64,
    pub(crate) utterances: u32,
    pub(crate) speaking: bool,
    /// The most probable label and its probability.
    pub(crate) top: Option<(String, f32)>,
}

/// A stream as it is now.
pub(crate) struct LiveView {
    pub(crate) facts: StreamFacts,
    pub(crate) opened_at: UnixMicros,
    pub(crate) latest: Latest,
}

/// An open stream; it is gone from the list when this is dropped.
pub(crate) struct LiveStream {
    streams: LiveStreams,
    place: u64,
    watched: Arc<Watched>,
}

impl LiveStreams {
    /// Adds a stream.
    pub(crate) fn enter(&self, facts: StreamFacts, opened_at: UnixMicros) -> LiveStream {
        let watched = Arc::new(Watched { facts, opened_at, heard: Mutex::default() });
        let place = self.0.next.fetch_add(1, Ordering::Relaxed);
        held(&self.0.open).insert(place, watched.clone());
        LiveStream { streams: self.clone(), place, watched }
    }

    /// The newest streams, `most` at most, and how many there are; those of one tenant, if one is named.
    pub(crate) fn list(&self, tenant: Option<&str>, most: usize) -> (Vec<LiveView>, usize) {
        let open: Vec<Arc<Watched>> = {
            let open = held(&self.0.open);
            let own = |watched: &&Arc<Watched>| tenant.is_none_or(|tenant| watched.facts.tenant == tenant);
            open.values().rev().filter(own).cloned().collect()
        };
        let views = open.iter().take(most).map(|watched| LiveView {
            facts: watched.facts.clone(),
            opened_at: watched.opened_at,
            latest: held(&watched.heard).clone(),
        });
        (views.collect(), open.len())
    }
}

impl LiveStream {
    /// Takes note of what the stream is told; `labels` are its model's.
    pub(crate) fn note(&self, event: &Event, labels: &[String]) {
        let mut latest = held(&self.watched.heard);
        match event {
            Event::Speech(edge) => {
                latest.speaking = matches!(edge, SpeechEdge::Begin(_));
                let (SpeechEdge::Begin(at) | SpeechEdge::End(at)) = edge;
                latest.samples = latest.samples.max(*at);
            }
            Event::Answer(answer) => {
                let top = answer.probabilities.top();
                latest.samples = latest.samples.max(answer.audio_processed);
                latest.utterances += u32::from(answer.trigger.is_final());
                latest.top = labels.get(top.label).map(|label| (label.clone(), top.probability));
            }
            Event::Acknowledged(point) => latest.samples = latest.samples.max(point.checkpoint.position),
            Event::Ended(summary) => latest.samples = summary.samples,
            Event::Warning(_) | Event::Failed(_) => {}
        }
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        held(&self.streams.0.open).remove(&self.place);
    }
}

/// Whoever panicked while holding it left a list that is whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::{Labels, ModelRef, StreamId};

    fn facts(tenant: &str) -> StreamFacts {
        StreamFacts {
            id: StreamId::generate(),
            tenant: tenant.into(),
            model: ModelRef { name: "cnn".into(), version: "1.0.0".into() },
            encoding: "float32",
            sample_rate_hz: 16_000,
            subject_key: None,
            labels: Labels::default(),
        }
    }

    #[test]
    fn a_tenant_sees_its_own_streams_the_newest_first_and_those_that_ended_not() {
        let streams = LiveStreams::default();
        let enter = |tenant: &str| streams.enter(facts(tenant), UnixMicros(0));
        let (first, other, last) = (enter("a"), enter("b"), enter("a"));
        let seen = |tenant, most| {
            let (views, open) = streams.list(tenant, most);
            (views.iter().map(|view| view.facts.id).collect::<Vec<_>>(), open)
        };
        let id = |stream: &LiveStream| stream.watched.facts.id;
        assert_eq!(seen(Some("a"), 9), (vec![id(&last), id(&first)], 2));
        assert_eq!(seen(None, 2), (vec![id(&last), id(&other)], 3));
        drop(last);
        assert_eq!(seen(Some("a"), 9), (vec![id(&first)], 1));
        assert_eq!(seen(Some("nobody"), 9), (vec![], 0));
    }

    #[test]
    fn what_a_stream_is_told_is_seen() {
        let streams = LiveStreams::default();
        let stream = streams.enter(facts("a"), UnixMicros(0));
        stream.note(&Event::Speech(SpeechEdge::Begin(800)), &[]);
        let latest = || streams.list(None, 1).0[0].latest.clone();
        assert_eq!(latest(), Latest { samples: 800, speaking: true, ..Latest::default() });
        stream.note(&Event::Speech(SpeechEdge::End(1600)), &[]);
        assert_eq!(latest(), Latest { samples: 1600, speaking: false, ..Latest::default() });
    }
}
