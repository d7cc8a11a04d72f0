//! A load: requests at a constant rate, whether or not answers come.

use super::call::Call;
use super::question::Question;
use super::tally::{Observation, Outcome, Tally};
use crate::cli::bench::plan::{Burden, Showing};
use crate::cli::bench::verdict::Verdict;
use crate::cli::connection::Target;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use undertone_client::Line;
use undertone_proto::inference::grpc_inference_service_client::GrpcInferenceServiceClient;

/// Calls that may be open at once; then those that fall due are counted as not sent.
const MOST_OPEN: usize = 4096;
/// Observations that may wait to be counted; then calls wait with theirs, whose latency is known by then.
const OBSERVATION_QUEUE: usize = 1024;
/// A request that leaves so long after it was due was held up by a generator without time.
const HELD_UP: Duration = Duration::from_millis(10);

/// What all loads of a run share.
#[derive(Debug, Clone)]
pub(super) struct TensorLoad {
    pub(super) server: Target,
    pub(super) question: Question,
    /// Connections that the requests go over in turn, at least 1.
    pub(super) connections: usize,
    /// Time in which answers are not measured.
    pub(super) warm_up: Duration,
    /// Time behind it, in which they are.
    pub(super) duration: Duration,
}

/// What a load showed.
#[derive(Debug)]
pub(super) struct Figures {
    /// Requests per second.
    pub(super) rate: usize,
    /// From the first request to the last answer.
    pub(super) seconds: f64,
    pub(super) sent: u64,
    /// Requests that left more than 10 ms after they were due.
    pub(super) held_up: u64,
    pub(super) cut_short: bool,
    pub(super) tally: Tally,
}

impl Showing for Figures {
    fn size(&self) -> usize {
        self.rate
    }

    fn keep_within(&self, bound: Duration) -> bool {
        !self.cut_short && self.tally.lost() == 0 && self.is_fast(bound) == Some(true)
    }

    fn is_fast(&self, bound: Duration) -> Option<bool> {
        self.tally.latency.is_within(bound)
    }

    fn cut_short(&self) -> bool {
        self.cut_short
    }

    fn sentence(&self) -> String {
        let latency = &self.tally.latency;
        match latency.count() {
            0 => format!("{} requests per second: no answer came", self.rate),
            _ => format!(
                "{} requests per second: 99 of 100 answers within {:.1} ms",
                self.rate,
                latency.quantiles().p99_ms
            ),
        }
    }
}

impl Burden for TensorLoad {
    type Figures = Figures;
    /// One pause of the machine makes more late requests than a load of some seconds may have, however low the rate.
    const TRIES: usize = 2;

    async fn run(&self, rate: usize, bound: Option<Duration>) -> anyhow::Result<Figures> {
        let clients = self.clients().await?;
        let (observations, receiver) = mpsc::channel(OBSERVATION_QUEUE);
        let measured = (self.duration.as_secs_f64() * rate as f64) as u64;
        let counting = tokio::spawn(count(receiver, bound.map(|bound| Verdict::on(bound, measured))));
        let epoch = Instant::now();
        let mut sending = Sending::new(observations, epoch);
        for number in 0..self.requests(rate) {
            let due = epoch + Duration::from_secs_f64(number as f64 / rate as f64);
            sleep_until(due).await;
            if counting.is_finished() {
                break;
            }
            let client = clients[number as usize % clients.len()].clone();
            let request = self.question.request.clone();
            let is_measured = due >= epoch + self.warm_up;
            sending.send(Call { client, request, due, is_measured }).await;
        }
        let Sending { observations, mut open, sent, held_up, .. } = sending;
        drop(observations);
        // It ends before the calls do where the verdict is certain; nobody waits for the rest then.
        let (tally, cut_short) = counting.await?;
        open.shutdown().await;
        let seconds = epoch.elapsed().as_secs_f64();
        Ok(Figures { rate, seconds, sent, held_up, cut_short, tally })
    }
}

impl TensorLoad {
    async fn clients(&self) -> anyhow::Result<Vec<GrpcInferenceServiceClient<Line>>> {
        let mut clients = Vec::new();
        for _ in 0..self.connections {
            let client = GrpcInferenceServiceClient::new(self.server.connect().await?.line());
            clients.push(client.max_decoding_message_size(usize::MAX));
        }
        Ok(clients)
    }

    fn requests(&self, rate: usize) -> u64 {
        ((self.warm_up + self.duration).as_secs_f64() * rate as f64).round().max(1.0) as u64
    }
}

/// The calls that are open.
struct Sending {
    observations: mpsc::Sender<Observation>,
    epoch: Instant,
    places: Arc<Semaphore>,
    open: JoinSet<()>,
    sent: u64,
    held_up: u64,
}

impl Sending {
    fn new(observations: mpsc::Sender<Observation>, epoch: Instant) -> Self {
        let places = Arc::new(Semaphore::new(MOST_OPEN));
        Self { observations, epoch, places, open: JoinSet::new(), sent: 0, held_up: 0 }
    }

    async fn send(&mut self, call: Call) {
        while self.open.try_join_next().is_some() {}
        let observations = self.observations.clone();
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let observation = Observation { latency: None, outcome: Outcome::NotSent };
            // Fails only when nobody counts any more.
            let _ = observations.send(observation).await;
            return;
        };
        self.sent += 1;
        self.held_up += u64::from(self.epoch.elapsed().saturating_sub(call.due - self.epoch) > HELD_UP);
        self.open.spawn(async move {
            let observation = call.make().await;
            drop(place);
            let _ = observations.send(observation).await;
        });
    }
}

/// Counts until all calls have ended, or until the verdict is certain; tells which of the two.
async fn count(mut observations: mpsc::Receiver<Observation>, mut verdict: Option<Verdict>) -> (Tally, bool) {
    let mut tally = Tally::new();
    while let Some(observation) = observations.recv().await {
        if let Some(verdict) = &mut verdict {
            observation.tell(verdict);
        }
        tally.take(observation);
        if verdict.as_ref().is_some_and(Verdict::is_certain) {
            return (tally, true);
        }
    }
    (tally, false)
}
