//! One connection, which is one stream.

use super::Manner;
use super::frame::{self, Incoming};
use crate::access::Caller;
use crate::grpc::{Deadline, RecognizerService, ReplyStream};
use axum::extract::ws::{Message, WebSocket};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, interval_at, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use undertone_proto::v1;

/// Messages that may wait for the stream's intake; then the connection is not read, and TCP slows the client.
const ASK_QUEUE: usize = 4;
/// What a client still sends when it was told the end is read for so long, so that the end is not lost on its way.
const FAREWELL: Duration = Duration::from_secs(2);

type Asks = mpsc::Sender<Result<v1::StreamingRecognizeRequest, Status>>;

/// One connection.
pub(super) struct Connection {
    socket: WebSocket,
    manner: Manner,
}

/// How a stream ended.
enum End {
    /// Everything was answered.
    Finished,
    /// With an error, which the client is told.
    Failed(Status),
    /// Nobody is there to be told anything.
    Gone,
}

/// What happens next.
enum Turn {
    Came(Incoming),
    Opened(Result<ReplyStream, Status>),
    Replied(Option<Result<Message, Status>>),
    Ping,
}

impl Connection {
    pub(super) fn new(socket: WebSocket, manner: Manner) -> Self {
        Self { socket, manner }
    }

    /// Carries a stream of `caller` to its end.
    pub(super) async fn run(mut self, recognizer: &RecognizerService, caller: Caller) {
        match self.carry(recognizer, caller).await {
            End::Finished => self.part(&[frame::goodbye()]).await,
            End::Failed(status) => self.part(&frame::failure(&status)).await,
            // An answer to a client's close frame goes out with the next look.
            End::Gone => drop(timeout(FAREWELL, self.socket.recv()).await),
        }
    }

    async fn carry(&mut self, recognizer: &RecognizerService, caller: Caller) -> End {
        let (asks, receiver) = mpsc::channel(ASK_QUEUE);
        let opening = recognizer.answer_stream(ReceiverStream::new(receiver), caller, Deadline::default());
        tokio::pin!(opening);
        let mut replies: Option<ReplyStream> = None;
        let mut ping = self.pings();
        loop {
            let is_open = replies.is_some();
            let turn = tokio::select! {
                reply = next(&mut replies) => Turn::Replied(reply),
                opened = &mut opening, if !is_open => Turn::Opened(opened),
                incoming = self.receive(&asks) => Turn::Came(incoming),
                _ = ping.tick() => Turn::Ping,
            };
            let sent = match turn {
                Turn::Opened(Ok(stream)) => {
                    replies = Some(stream);
                    true
                }
                Turn::Opened(Err(status)) | Turn::Replied(Some(Err(status))) => return End::Failed(status),
                Turn::Replied(Some(Ok(frame))) => self.send(frame).await,
                Turn::Replied(None) => return End::Finished,
                Turn::Came(Incoming::Gone) => false,
                Turn::Came(_) => true,
                Turn::Ping => self.send(Message::Ping(Vec::new().into())).await,
            };
            if !sent {
                // As over gRPC, where a call that is reset does not end in order.
                let cancelled = asks.send(Err(Status::cancelled("the client went away")));
                let _ = timeout(FAREWELL, cancelled).await;
                return End::Gone;
            }
        }
    }

    /// Takes a frame, once there is room for its message, and hands the message on. A stream that takes no more has said
    /// so by its end; what still comes is passed over.
    async fn receive(&mut self, asks: &Asks) -> Incoming {
        let room = asks.reserve().await;
        match (frame::read(self.socket.recv().await, self.manner.max_message_bytes), room) {
            (Incoming::Ask(ask), Ok(room)) => {
                room.send(*ask);
                Incoming::Nothing
            }
            (incoming, _) => incoming,
        }
    }

    /// False when the client is gone or takes nothing.
    async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(self.manner.patience, self.socket.send(message)).await, Ok(Ok(())))
    }

    /// Tells the end, and waits until the client has it.
    async fn part(&mut self, frames: &[Message]) {
        for frame in frames {
            if !self.send(frame.clone()).await {
                return;
            }
        }
        let rest = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        // A client that goes on after it was told the end is cut off.
        let _ = timeout(FAREWELL, rest).await;
    }

    fn pings(&self) -> Interval {
        let every = self.manner.ping_every.max(Duration::from_millis(1));
        interval_at(Instant::now() + every, every)
    }
}

/// The next reply of a stream that is open, as a frame.
async fn next(replies: &mut Option<ReplyStream>) -> Option<Result<Message, Status>> {
    match replies {
        Some(replies) => Some(replies.next().await?.map(|reply| frame::reply(&reply))),
        None => std::future::pending().await,
    }
}
