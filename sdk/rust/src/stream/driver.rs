//! Carries a stream from call to call.

use super::call::{Call, Stop};
use crate::dial::Dial;
use crate::error::ClientError;
use crate::event::Event;
use crate::patience::Patience;
use crate::replay::Replay;
use crate::session::{Break, Session};
use crate::source::Chunks;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tonic::Status;
use undertone_proto::v1::control::Action;

/// Carries a stream from call to call.
pub(super) struct Driver {
    pub(super) dial: Arc<dyn Dial>,
    pub(super) session: Session,
    pub(super) replay: Replay,
    pub(super) source: Chunks,
    pub(super) events: mpsc::Sender<Result<Event, ClientError>>,
    pub(super) actions: mpsc::Receiver<Action>,
    pub(super) patience: Patience,
    pub(super) deadline: Option<Instant>,
}

impl Driver {
    /// Goes on until the last word was said, the stream is given up, or nobody listens any more.
    pub(super) async fn run(mut self) {
        loop {
            let called = match self.deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, self.call()).await,
                None => Ok(self.call().await),
            };
            let stop = match called {
                Ok(Ok(())) => return,
                Ok(Err(Stop::Broken(broken))) => self.before_next_call(broken).await,
                Ok(Err(stop)) => Err(stop),
                Err(_) => Err(Stop::Failed(late())),
            };
            match stop {
                Ok(()) => {}
                Err(Stop::Failed(error)) => {
                    // Where nobody listens, nobody misses it.
                    let _ = self.events.send(Err(error)).await;
                    return;
                }
                Err(Stop::Broken(_) | Stop::Left) => return,
            }
        }
    }

    async fn call(&mut self) -> Result<(), Stop> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let dialled = {
            let (asks, receiver) = Call::asks(&self.session);
            let dial = self.dial.clone();
            let dialling = dial.dial(receiver, left);
            tokio::select! {
                dialled = dialling => dialled.map(|replies| (asks, replies)),
                failed = fill(&mut self.source, &mut self.replay) => return Err(Stop::Failed(unreadable(&failed))),
                () = self.events.closed() => return Err(Stop::Left),
            }
        };
        let (asks, replies) = dialled.map_err(|status| Stop::Broken(Break::Failed(status.into())))?;
        Call::new(self, asks, replies).run().await
    }

    /// Waits for as long as it is sensible to, or gives up.
    async fn before_next_call(&mut self, broken: Break) -> Result<(), Stop> {
        let Some(delay) = self.patience.delay(&broken, &self.session) else {
            return Err(Stop::Failed(self.given_up(broken)));
        };
        if self.deadline.is_some_and(|deadline| Instant::now() + delay > deadline) {
            return Err(Stop::Failed(late()));
        }
        self.replay.forget(self.session.position());
        self.replay.forget_flushes();
        if self.session.has_started() {
            let told = Event::Interrupted { why: broken.to_string(), from: self.session.audio() };
            self.events.send(Ok(told)).await.map_err(|_| Stop::Left)?;
        }
        self.wait(delay).await
    }

    /// The source goes on speaking meanwhile.
    async fn wait(&mut self, delay: Duration) -> Result<(), Stop> {
        tokio::select! {
            () = tokio::time::sleep(delay) => Ok(()),
            failed = fill(&mut self.source, &mut self.replay) => Err(Stop::Failed(unreadable(&failed))),
            () = self.events.closed() => Err(Stop::Left),
        }
    }

    fn given_up(&self, broken: Break) -> ClientError {
        match broken {
            Break::Failed(error) if !(self.session.has_started() && error.may_be_resumed()) => error.into(),
            broken => ClientError::Broken { why: broken.to_string() },
        }
    }
}

/// Brings the source's audio for as long as there is room; ends when it fails.
async fn fill(source: &mut Chunks, replay: &mut Replay) -> std::io::Error {
    loop {
        match draw(source, replay).await {
            Ok(()) => {}
            Err(error) => return error,
        }
    }
}

/// Brings the source's next piece of audio, or notes its end. Where there is no room, or nothing more will come, it never ends.
pub(super) async fn draw(source: &mut Chunks, replay: &mut Replay) -> Result<(), std::io::Error> {
    if replay.finished || !replay.has_room() {
        let never: Infallible = std::future::pending().await;
        match never {}
    }
    match source.next().await {
        Some(chunk) => replay.add(chunk?),
        None => replay.finished = true,
    }
    Ok(())
}

pub(super) fn unreadable(error: &std::io::Error) -> ClientError {
    ClientError::Audio(format!("the audio cannot be read any more: {error}"))
}

fn late() -> ClientError {
    Status::deadline_exceeded("the deadline came before the stream's end").into()
}
