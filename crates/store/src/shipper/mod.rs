//! Carries the journal's rows to Postgres, through outages of any length.

mod batch_size;
mod link;
mod shipment;

use crate::backoff::Backoff;
use crate::erasure::Subject;
use crate::journal::{Batch, Edge, Outbox};
use crate::{Journal, Keeping, PostgresUrl, ShipperStatus, StoreError};
use batch_size::BatchSize;
use link::Link;
use shipment::Carried;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use undertone_core::{RecordError, RecordFuture, UnixMicros};

/// An idle shipper looks so often whether Postgres still answers, and whether somebody is to be forgotten.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How a shipper works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipperOptions {
    /// Rows in one batch at most.
    pub batch_rows: u32,
    /// The wait after a first failure; it doubles with each further one.
    pub first_retry: Duration,
    /// The longest wait between two tries.
    pub longest_retry: Duration,
    /// How long rows that are sent together may take before Postgres counts as not answering.
    pub batch_timeout: Duration,
    /// How long `stop` goes on shipping what is left.
    pub stop_grace: Duration,
    /// How rows are kept in Postgres.
    pub keeping: Keeping,
}

impl Default for ShipperOptions {
    fn default() -> Self {
        Self {
            batch_rows: 10_000,
            first_retry: Duration::from_millis(250),
            longest_retry: Duration::from_secs(30),
            batch_timeout: Duration::from_secs(30),
            stop_grace: Duration::from_secs(5),
            keeping: Keeping::default(),
        }
    }
}

/// A running shipper. Dropping it without [`Shipper::stop`] ends it without a last flush; nothing is
/// lost, since the next one goes on where it was.
pub struct Shipper {
    status: watch::Receiver<ShipperStatus>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Shipper {
    /// Starts shipping what is and will be in `journal` to `url`, with the default options. Makes
    /// the tables at the first connection. Never fails: an outage is in the status, is logged once,
    /// and ends when Postgres is back.
    pub fn start(journal: &Journal, url: PostgresUrl) -> Self {
        Self::start_with(journal, url, ShipperOptions::default())
    }

    /// As [`Shipper::start`], with options.
    pub fn start_with(journal: &Journal, url: PostgresUrl, options: ShipperOptions) -> Self {
        let (stop, stopped) = oneshot::channel();
        let backoff = Backoff::new(options.first_retry, options.longest_retry);
        let outbox = journal.outbox();
        let link = Link::new(url.clone(), options.clone());
        let route = Route {
            outbox,
            url,
            size: BatchSize::new(options.batch_rows),
            options,
            link,
            backoff,
            place: Place::default(),
            ahead: None,
            settling: None,
        };
        Self { status: journal.status(), stop, task: tokio::spawn(route.run(stopped)) }
    }

    /// How shipping stands; can be waited on.
    pub fn status(&self) -> watch::Receiver<ShipperStatus> {
        self.status.clone()
    }

    /// Ships what is left, within the grace time of the options, and ends. To be called before the
    /// journal is closed. What is left then is shipped after the next start.
    pub async fn stop(self) {
        // Fails only when the task has ended already.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the shipper did not end well");
        }
    }
}

/// What a try to ship came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// The outbox was empty, and Postgres answered.
    Nothing,
    /// A batch left the outbox.
    Rows,
}

/// Where the way stands that rows take without a failure.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// How far rows were carried; none: as far as the journal says.
    carried: Option<Edge>,
    /// The last erasure of Postgres that the journal had followed before any of the rows that are under way was read. Another
    /// program may erase between the reading of a row and its sending, and tell the journal; so what it says later does not count.
    followed: Option<i64>,
}

/// The task's state.
struct Route {
    outbox: Outbox,
    url: PostgresUrl,
    options: ShipperOptions,
    size: BatchSize,
    link: Link,
    backoff: Backoff,
    place: Place,
    /// The batch behind the last one, read while that one was under way.
    ahead: Option<Batch>,
    /// Notes in the journal that the last batch arrived.
    settling: Option<RecordFuture>,
}

impl Route {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                biased;
                // An error means that the shipper was dropped without `stop`.
                asked = &mut stopped => {
                    if asked.is_ok() {
                        self.flush().await;
                    }
                    break;
                }
                () = self.work() => {}
            }
        }
        self.outbox.status.send_modify(|status| status.connected = false);
    }

    /// One batch and the wait that follows it. May be dropped at any point: a batch that arrived
    /// without being settled is sent again, which changes nothing.
    async fn work(&mut self) {
        match self.ship().await {
            Ok(Sent::Nothing) => self.rows_waiting().await,
            Ok(Sent::Rows) => {}
            Err(error) => {
                self.begin_anew();
                self.note_failure(&error);
                tokio::time::sleep(self.backoff.next()).await;
            }
        }
    }

    /// Ships one batch, over a connection that is opened when there is none.
    async fn ship(&mut self) -> Result<Sent, StoreError> {
        if self.link.is_open() {
            match self.exchange().await {
                Ok(sent) => return Ok(sent),
                // A connection that lay idle may have been closed by the other side; only a fresh
                // one tells whether there is an outage.
                Err(error) => tracing::debug!(error = error.sentence(), "connecting to Postgres again"),
            }
            self.begin_anew();
        }
        self.link.open().await?;
        self.exchange().await
    }

    async fn exchange(&mut self) -> Result<Sent, StoreError> {
        let claimed = self.settling.is_none() && self.outbox.status.borrow().pending_rows > 0;
        let followed = self.followed().await?;
        let batch = self.next().await?;
        let rows = self.size.rows();
        let more = batch.len() >= rows as usize;
        let edge = batch.behind(self.place.carried.unwrap_or_default());
        let reading = async {
            // What is read now is not in the journal's mark of what was shipped, so it is asked for from behind the batch.
            if more { self.outbox.next_batch(edge, rows).await.map(Some) } else { Ok(None) }
        };
        let timed = async {
            let begun = Instant::now();
            (self.link.carry(&batch, followed).await, begun.elapsed())
        };
        let ((carried, taken), ahead) = tokio::join!(timed, reading);
        let settlement = match carried {
            Ok(Carried::Settled(settlement)) => settlement,
            Ok(Carried::Erased(subjects)) => return self.follow(subjects).await,
            Err(error) => {
                self.size.shrink();
                return Err(error);
            }
        };
        self.size.grow();
        self.settled().await?;
        self.place.carried = Some(edge);
        self.ahead = ahead?.filter(|ahead| !ahead.is_empty());
        // Before the rows leave the outbox, so that nobody sees them gone over a lost connection.
        self.note_success();
        if batch.is_empty() {
            if claimed {
                // There were said to be rows before any were looked for: another program took them out.
                self.outbox.recount().await?;
            }
            return Ok(Sent::Nothing);
        }
        self.outbox.status.send_modify(|status| {
            status.batches += 1;
            status.batch_time += taken;
        });
        self.settling = Some(self.outbox.settle(settlement));
        Ok(Sent::Rows)
    }

    async fn next(&mut self) -> Result<Batch, StoreError> {
        if let Some(batch) = self.ahead.take() {
            return Ok(batch);
        }
        let from = match self.place.carried {
            Some(edge) => edge,
            None => {
                self.settled().await?;
                Edge::default()
            }
        };
        self.outbox.next_batch(from, self.size.rows()).await
    }

    async fn followed(&mut self) -> Result<i64, StoreError> {
        if let Some(seq) = self.place.followed {
            return Ok(seq);
        }
        let seq = self.outbox.followed_erasure().await?;
        self.place.followed = Some(seq);
        Ok(seq)
    }

    /// Forgets what was read: after a failure the journal alone knows what is to be sent.
    fn begin_anew(&mut self) {
        self.outbox.tail.follow(false);
        self.ahead = None;
        self.place = Place::default();
    }

    /// Waits until the journal knows that the batch before arrived.
    async fn settled(&mut self) -> Result<(), StoreError> {
        // Taken out only when it is done, since this may be dropped while it waits.
        let Some(settling) = &mut self.settling else { return Ok(()) };
        let settled = settling.await;
        self.settling = None;
        settled.map_err(|source| StoreError::Settle { source })
    }

    /// Takes out of the journal whom Postgres was told to forget; what was read before is read again.
    async fn follow(&mut self, subjects: Vec<Subject>) -> Result<Sent, StoreError> {
        self.begin_anew();
        self.settled().await?;
        for subject in subjects {
            let followed: Result<(), RecordError> = self.outbox.erase(subject).await;
            followed.map_err(|source| StoreError::Settle { source })?;
        }
        Ok(Sent::Rows)
    }

    async fn rows_waiting(&mut self) {
        let mut status = self.outbox.status.subscribe();
        // The sender lives in the outbox that this task holds, so this cannot fail; and when the time is over, the next
        // batch is an empty one, which asks whether Postgres still answers.
        let waiting = status.wait_for(|status| status.pending_rows > 0);
        let _ = tokio::time::timeout(LOOK_EVERY, waiting).await;
    }

    /// Ships until nothing is left, something fails, or the grace time is over.
    async fn flush(&mut self) {
        let grace = self.options.stop_grace;
        let all = async {
            loop {
                match self.ship().await {
                    Ok(Sent::Nothing) => return,
                    Ok(Sent::Rows) => {}
                    Err(error) => return self.note_failure(&error),
                }
            }
        };
        let in_time = tokio::time::timeout(grace, all).await.is_ok();
        let pending = self.outbox.status.borrow().pending_rows;
        if pending > 0 {
            tracing::warn!(pending, in_time, "rows stay in the journal until the next start");
        }
    }

    fn note_success(&mut self) {
        self.backoff.reset();
        self.outbox.tail.follow(true);
        let was_connected = self.outbox.status.borrow().connected;
        if was_connected {
            return;
        }
        tracing::info!(target = %self.url.target(), "shipping to Postgres");
        self.outbox.status.send_modify(|status| {
            status.connected = true;
            status.last_error = None;
        });
    }

    /// The first failure of an outage is logged; the status always has the newest.
    fn note_failure(&mut self, error: &StoreError) {
        let sentence = error.sentence();
        let first_of_outage = self.outbox.status.borrow().last_error.is_none();
        if first_of_outage {
            tracing::warn!("{sentence}; results are kept in the journal meanwhile");
        }
        self.outbox.status.send_modify(|status| {
            status.connected = false;
            status.last_error = Some(sentence);
        });
    }
}

/// The time of day, by which partitions are made and dropped.
fn now() -> UnixMicros {
    use undertone_core::{Clock, SystemClock};
    SystemClock.now()
}
