//! One call of a stream.

use super::driver::{Driver, draw, unreadable};
use crate::dial::Replies;
use crate::error::ClientError;
use crate::event::Event;
use crate::replay::Item;
use crate::session::{Break, Session};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use undertone_proto::v1;
use v1::control::Action;
use v1::streaming_recognize_request::Message as Ask;

/// Messages that wait for the transport; then sending waits.
const ASK_QUEUE: usize = 4;
/// Items that are drawn from the source before they can be sent.
const AHEAD: u64 = 64;
/// So often a client that is silent says within the idle timeout that it is there.
const KEEPALIVES_PER_TIMEOUT: u32 = 3;
/// The same before the server has said how long that is.
const FIRST_KEEPALIVE: Duration = Duration::from_secs(5);
const SHORTEST_KEEPALIVE: Duration = Duration::from_millis(50);

type Asks = mpsc::Sender<v1::StreamingRecognizeRequest>;

/// Why a call is over before the stream is.
pub(super) enum Stop {
    /// It broke off.
    Broken(Break),
    /// The stream cannot go on.
    Failed(ClientError),
    /// Nobody listens any more.
    Left,
}

/// One call of a stream.
pub(super) struct Call<'a> {
    driver: &'a mut Driver,
    /// Until everything is sent.
    asks: Option<Asks>,
    replies: Replies,
    /// The number of the next item to send.
    next: u64,
    sequence: u64,
    /// Waits for its reader; until it is taken, no reply is read.
    event: Option<Event>,
    sent_at: Instant,
}

type Heard = Result<v1::StreamingRecognizeResponse, Status>;

enum Step {
    Told,
    Heard(Option<Box<Heard>>),
    MaySend(bool),
    Drawn(std::io::Result<()>),
    Said(Action),
    Silent,
    Left,
}

impl<'a> Call<'a> {
    /// A way to send, on which the configuration lies already, and what is sent.
    pub(super) fn asks(session: &Session) -> (Asks, ReceiverStream<v1::StreamingRecognizeRequest>) {
        let (asks, receiver) = mpsc::channel(ASK_QUEUE);
        // There is room for the first message.
        let _ = asks.try_send(ask(Ask::Config(session.opening())));
        (asks, ReceiverStream::new(receiver))
    }

    pub(super) fn new(driver: &'a mut Driver, asks: Asks, replies: Replies) -> Self {
        let next = driver.replay.first();
        Self { driver, asks: Some(asks), replies, next, sequence: 0, event: None, sent_at: Instant::now() }
    }

    /// Sends and listens, until the last word was said and told.
    pub(super) async fn run(mut self) -> Result<(), Stop> {
        while self.event.is_some() || !self.driver.session.is_over() {
            match self.step().await {
                Step::Told | Step::Silent => {}
                Step::Heard(reply) => self.hear(reply.map(|reply| *reply))?,
                Step::MaySend(true) => self.send(),
                // The transport takes nothing more; the replies say why.
                Step::MaySend(false) => self.asks = None,
                Step::Drawn(drawn) => drawn.map_err(|error| Stop::Failed(unreadable(&error)))?,
                Step::Said(action) => self.driver.replay.mark(action),
                Step::Left => return Err(Stop::Left),
            }
        }
        Ok(())
    }

    async fn step(&mut self) -> Step {
        let Self { driver, asks, replies, next, event, sent_at, .. } = self;
        let Driver { session, replay, source, events, actions, .. } = &mut **driver;
        let has_more = replay.item(*next).is_some();
        let may_draw = !replay.finished && replay.item(*next + AHEAD).is_none();
        let quiet_until = *sent_at + keepalive(session.idle_timeout());
        tokio::select! {
            biased;
            place = events.reserve(), if event.is_some() => match place {
                Ok(place) => {
                    if let Some(event) = event.take() {
                        place.send(Ok(event));
                    }
                    Step::Told
                }
                Err(_) => Step::Left,
            },
            () = events.closed() => Step::Left,
            reply = replies.next(), if event.is_none() => Step::Heard(reply.map(Box::new)),
            is_open = room(asks.as_ref()), if has_more || replay.finished => Step::MaySend(is_open),
            Some(action) = actions.recv() => Step::Said(action),
            drawn = draw(source, replay), if may_draw => Step::Drawn(drawn),
            () = tokio::time::sleep_until(quiet_until), if asks.is_some() => {
                if let Some(asks) = asks {
                    // Where there is no room, the server has something to read.
                    let _ = asks.try_send(control(Action::Keepalive(v1::Keepalive {})));
                }
                *sent_at = Instant::now();
                Step::Silent
            }
        }
    }

    fn hear(&mut self, reply: Option<Heard>) -> Result<(), Stop> {
        let reply = reply.ok_or(Stop::Broken(Break::Silent))?;
        let reply = reply.map_err(|status| Stop::Broken(Break::Failed(status.into())))?;
        let driver = &mut *self.driver;
        self.event = driver.session.take(reply).map_err(Stop::Broken)?;
        driver.patience.progress(driver.session.position());
        if matches!(self.event, Some(Event::Started(_) | Event::Resumed(_))) {
            driver.replay.hold_at_least(driver.session.utterance_bytes());
        }
        driver.replay.forget(driver.session.position());
        self.forget_sent();
        Ok(())
    }

    /// There is room for a message.
    fn send(&mut self) {
        let message = match self.driver.replay.item(self.next) {
            Some(Item::Piece(data)) => {
                self.sequence += 1;
                ask(Ask::Audio(v1::Audio { data: data.clone(), sequence: self.sequence }))
            }
            Some(Item::Mark(action)) => control(*action),
            // All is sent: dropping it says so.
            None => {
                self.asks = None;
                return;
            }
        };
        if let Some(asks) = &self.asks
            && asks.try_send(message).is_ok()
        {
            self.next += 1;
            self.sent_at = Instant::now();
            self.forget_sent();
        }
    }

    /// A stream that will not be taken up again needs nothing a second time. Before it has started, nobody knows.
    fn forget_sent(&mut self) {
        let session = &self.driver.session;
        if session.has_started() && !session.can_resume() {
            self.driver.replay.forget_items(self.next);
        }
    }
}

/// Waits until one more message may be sent; false when none ever will.
async fn room(asks: Option<&Asks>) -> bool {
    match asks {
        Some(asks) => asks.reserve().await.is_ok(),
        None => std::future::pending().await,
    }
}

fn keepalive(idle_timeout: Option<Duration>) -> Duration {
    let every = idle_timeout.map_or(FIRST_KEEPALIVE, |timeout| timeout / KEEPALIVES_PER_TIMEOUT);
    every.max(SHORTEST_KEEPALIVE)
}

fn ask(message: Ask) -> v1::StreamingRecognizeRequest {
    v1::StreamingRecognizeRequest { message: Some(message) }
}

fn control(action: Action) -> v1::StreamingRecognizeRequest {
    ask(Ask::Control(v1::Control { action: Some(action) }))
}
