//! A load: so many streams at once, for so long.

use super::paced::{PacedRequests, Speech};
use super::plan::{Burden, Showing};
use super::schedule::{Cursor, Schedule};
use super::stream::{Hearing, LoadStream};
use super::tally::{Observation, Sent, Tally};
use super::track::Track;
use super::verdict::Verdict;
use crate::cli::connection::Target;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use undertone_client::Line;
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;

/// Observations that may wait to be counted; then streams wait with the next one.
const OBSERVATION_QUEUE: usize = 1024;
/// A stream without a last word so long after its last audio has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where all audio is there at once.
const PATIENCE_WITHOUT_PACE: Duration = Duration::from_secs(600);

/// From one stream's place in the track to the next one's; a prime, so that they meet late.
const STRIDE_PIECES: u64 = 7919;

/// What all loads of a run share.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) server: Target,
    pub(super) config: v1::RecognitionConfig,
    pub(super) track: Track,
    pub(super) pace: Pace,
    /// Streams that share a connection, at least 1.
    pub(super) streams_per_connection: usize,
}

/// How audio is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Audio per message.
    pub(super) piece: Duration,
    /// Seconds of audio per second; `None`: as fast as the server takes it.
    pub(super) speed: Option<f64>,
    /// Time in which the streams are opened one after the other and answers are not measured.
    pub(super) warm_up: Duration,
    /// Time in which answers are measured; without a speed, the audio of each stream.
    pub(super) duration: Duration,
}

/// What a load showed.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) streams: usize,
    /// From the first stream's opening to the last one's last word.
    pub(super) seconds: f64,
    pub(super) pieces_sent: u64,
    /// Pieces that left more than 10 ms after they were due.
    pub(super) pieces_held_up: u64,
    pub(super) audio_seconds_sent: f64,
    /// Whether the load was ended early, because it could not keep within the bound any more.
    pub(super) cut_short: bool,
    pub(super) tally: Tally,
}

impl Showing for Figures {
    fn size(&self) -> usize {
        self.streams
    }

    /// Whether every update came within `bound`, but for one in a hundred, and nothing was refused, dropped or lost.
    fn keep_within(&self, bound: Duration) -> bool {
        let tally = &self.tally;
        let lost = tally.refused + tally.failures() + tally.updates_dropped;
        !self.cut_short && lost == 0 && self.is_fast(bound) == Some(true)
    }

    fn is_fast(&self, bound: Duration) -> Option<bool> {
        self.tally.update_latency.is_within(bound)
    }

    fn cut_short(&self) -> bool {
        self.cut_short
    }

    fn sentence(&self) -> String {
        let latency = &self.tally.update_latency;
        match latency.count() {
            0 => format!("{} streams: no update came", self.streams),
            _ => format!(
                "{} streams: 99 of 100 updates within {:.1} ms",
                self.streams,
                latency.quantiles().p99_ms
            ),
        }
    }
}

impl Burden for Load {
    type Figures = Figures;
    const TRIES: usize = 1;

    async fn run(&self, streams: usize, bound: Option<Duration>) -> anyhow::Result<Figures> {
        let channels = self.connections(streams).await?;
        let (observations, receiver) = mpsc::channel(OBSERVATION_QUEUE);
        let counting = tokio::spawn(count(receiver, bound.map(|bound| self.verdict(bound, streams))));
        let sent = Arc::new(Sent::default());
        let epoch = Instant::now();
        let mut running = JoinSet::new();
        for number in 0..streams {
            let client = RecognizerClient::new(channels[number / self.streams_per_connection].clone());
            let hearing = self.pace.hearing(epoch, self.pace.schedule(number, streams));
            let cursor = Cursor::new(hearing.schedule);
            let requests =
                PacedRequests::new(self.config.clone(), self.speech(number), cursor, epoch, sent.clone());
            running.spawn(LoadStream { client, requests, hearing }.run(observations.clone()));
        }
        drop(observations);
        // It ends before the streams do where the verdict is certain; nobody waits for the rest then.
        let (tally, cut_short) = counting.await?;
        if cut_short {
            running.shutdown().await;
        } else {
            running.join_all().await;
        }
        let seconds = epoch.elapsed().as_secs_f64();
        Ok(Figures {
            streams,
            seconds,
            pieces_sent: sent.pieces(),
            pieces_held_up: sent.held_up(),
            audio_seconds_sent: sent.pieces() as f64 * self.pace.piece.as_secs_f64(),
            cut_short,
            tally,
        })
    }
}

impl Load {
    async fn connections(&self, streams: usize) -> anyhow::Result<Vec<Line>> {
        let mut channels = Vec::new();
        for _ in 0..streams.div_ceil(self.streams_per_connection) {
            channels.push(self.server.connect().await?.line());
        }
        Ok(channels)
    }

    fn verdict(&self, bound: Duration, streams: usize) -> Verdict {
        let hop = crate::report::seconds(self.config.interim_hop.as_ref());
        let audio = self.pace.duration.as_secs_f64() * self.pace.speed.unwrap_or(1.0);
        Verdict::on(bound, ((audio / hop).ceil() * streams as f64) as u64)
    }

    /// Streams stand at different places of the track, as people speak at different times.
    fn speech(&self, number: usize) -> Speech {
        let first_piece = number as u64 * STRIDE_PIECES % self.track.pieces();
        Speech { track: self.track.clone(), first_piece }
    }
}

impl Pace {
    fn hearing(self, epoch: Instant, schedule: Schedule) -> Hearing {
        let (measured, patience) = match self.speed {
            Some(_) => (self.warm_up..self.warm_up + self.duration, PATIENCE),
            None => (Duration::ZERO..Duration::ZERO, PATIENCE_WITHOUT_PACE),
        };
        Hearing { schedule, epoch, measured, patience }
    }

    /// Streams begin evenly over the warm-up and end together.
    fn schedule(self, number: usize, streams: usize) -> Schedule {
        let piece_samples = PIPELINE_RATE.samples_in(self.piece).max(1);
        let Some(speed) = self.speed else {
            let pieces = count_of(self.duration, self.piece);
            return Schedule { start: Duration::ZERO, piece_every: Duration::ZERO, piece_samples, pieces };
        };
        let piece_every = self.piece.div_f64(speed);
        let start = self.warm_up.mul_f64(number as f64 / streams as f64);
        let pieces = count_of(self.warm_up + self.duration - start, piece_every);
        Schedule { start, piece_every, piece_samples, pieces }
    }
}

fn count_of(time: Duration, every: Duration) -> u64 {
    (time.as_secs_f64() / every.as_secs_f64()).round().max(1.0) as u64
}

/// Counts until all streams are over, or until the verdict is certain; tells which of the two.
async fn count(mut observations: mpsc::Receiver<Observation>, mut verdict: Option<Verdict>) -> (Tally, bool) {
    let mut tally = Tally::new();
    while let Some(observation) = observations.recv().await {
        if let Some(verdict) = &mut verdict {
            verdict.take(&observation);
        }
        tally.take(observation);
        if verdict.as_ref().is_some_and(Verdict::is_certain) {
            return (tally, true);
        }
    }
    (tally, false)
}
