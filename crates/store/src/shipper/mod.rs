//! Carries the journal's rows to Postgres, through outages of any length.

mod shipment;

use crate::backoff::Backoff;
use crate::journal::Outbox;
use crate::{Journal, PostgresUrl, ShipperStatus, StoreError, migrate, postgres};
use sqlx::PgConnection;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// How long migrations may take, the wait for another server that migrates included.
const MIGRATION: Duration = Duration::from_secs(300);

/// How a shipper works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipperOptions {
    /// Rows in one batch at most.
    pub batch_rows: u32,
    /// The wait after a first failure; it doubles with each further one.
    pub first_retry: Duration,
    /// The longest wait between two tries.
    pub longest_retry: Duration,
    /// How long one batch may take before Postgres counts as not answering.
    pub batch_timeout: Duration,
    /// How long `stop` goes on shipping what is left.
    pub stop_grace: Duration,
}

impl Default for ShipperOptions {
    fn default() -> Self {
        Self {
            batch_rows: 1_000,
            first_retry: Duration::from_millis(250),
            longest_retry: Duration::from_secs(30),
            batch_timeout: Duration::from_secs(30),
            stop_grace: Duration::from_secs(5),
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
        let route = Route { outbox, url, options, connection: None, backoff };
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

/// The task's state.
struct Route {
    outbox: Outbox,
    url: PostgresUrl,
    options: ShipperOptions,
    /// `None` before the first connection and after a failure.
    connection: Option<PgConnection>,
    backoff: Backoff,
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
                self.note_failure(&error);
                tokio::time::sleep(self.backoff.next()).await;
            }
        }
    }

    /// Ships one batch, over a connection that is opened when there is none.
    async fn ship(&mut self) -> Result<Sent, StoreError> {
        // Taken out, so that a connection whose exchange was broken off is never used again.
        if let Some(connection) = self.connection.take() {
            match self.exchange(connection).await {
                Ok(sent) => return Ok(sent),
                // A connection that lay idle may have been closed by the other side; only a fresh
                // one tells whether there is an outage.
                Err(error) => tracing::debug!(error = error.sentence(), "connecting to Postgres again"),
            }
        }
        let connection = self.connect().await?;
        self.exchange(connection).await
    }

    async fn exchange(&mut self, mut connection: PgConnection) -> Result<Sent, StoreError> {
        let batch = self.outbox.next_batch(self.options.batch_rows).await?;
        let patience = self.options.batch_timeout;
        let carried =
            tokio::time::timeout(patience, shipment::carry(&mut connection, &self.url, &batch)).await;
        let settlement = carried.map_err(|_| self.silent(patience))??;
        self.connection = Some(connection);
        // Before the rows leave the outbox, so that nobody sees them gone over a lost connection.
        self.note_success();
        if settlement.edge == 0 {
            return Ok(Sent::Nothing);
        }
        self.outbox.settle(settlement).await.map_err(|source| StoreError::Settle { source })?;
        Ok(Sent::Rows)
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        let mut connection = postgres::connect(&self.url).await?;
        let (applied, version) =
            tokio::time::timeout(MIGRATION, migrate::up(&mut connection, &migrate::POSTGRES))
                .await
                .map_err(|_| self.silent(MIGRATION))?
                .map_err(|source| StoreError::migrate(self.url.target(), source))?;
        if !applied.is_empty() {
            tracing::info!(target = %self.url.target(), version, "made the tables in Postgres");
        }
        Ok(connection)
    }

    fn silent(&self, waited: Duration) -> StoreError {
        StoreError::Silent { target: self.url.target(), seconds: waited.as_secs() }
    }

    async fn rows_waiting(&self) {
        let mut status = self.outbox.status.subscribe();
        // The sender lives in the outbox that this task holds, so this cannot fail.
        let _ = status.wait_for(|status| status.pending_rows > 0).await;
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
