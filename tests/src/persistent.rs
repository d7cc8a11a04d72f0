//! A stream that is taken up again step by step, so that a test can look at each.

use crate::asking::stream_of;
use std::time::Duration;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;
use tonic::transport::Channel;
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_response::Message as Tell;

/// Bytes per message.
const PIECE_BYTES: usize = 6400;

/// A stream of which a client keeps what it needs to take it up again.
#[derive(Debug, Default)]
pub struct PersistentStream {
    /// The identifier that the server gave it.
    pub id: String,
    /// What to send with the next token.
    pub config: v1::RecognitionConfig,
    /// What the client may forget, and how to go on.
    pub acknowledged: v1::Acknowledgement,
    /// The final results so far.
    pub finals: Vec<v1::Result>,
    /// How often it was opened.
    pub calls: usize,
    /// Time between two messages; none: as fast as they are taken.
    pub pace: Option<Duration>,
}

impl PersistentStream {
    /// A stream that is not open yet.
    pub fn new(config: v1::RecognitionConfig) -> Self {
        Self { config: v1::RecognitionConfig { resumable: true, ..config }, ..Self::default() }
    }

    /// Opens the stream where it was left and sends `audio`, which is the whole stream's, from there to its end, and
    /// listens to the end; true when the server had heard everything.
    pub async fn go_on(
        &mut self,
        client: &mut RecognizerClient<Channel>,
        audio: &[u8],
    ) -> Result<bool, Status> {
        let resume_token = self.acknowledged.resume_token.clone();
        let config = v1::RecognitionConfig { resume_token, ..self.config.clone() };
        let rest = &audio[self.acknowledged.audio_bytes as usize..];
        let asks = paced(stream_of(config, rest, &[PIECE_BYTES]), self.pace);
        let mut replies = client.streaming_recognize(asks).await?.into_inner();
        self.listen(&mut replies, usize::MAX).await
    }

    /// Reads replies to the end of the stream, or until there are `enough` final results; true when the stream ended and
    /// the server had heard everything.
    pub async fn listen<R>(&mut self, replies: &mut R, enough: usize) -> Result<bool, Status>
    where
        R: Stream<Item = Result<v1::StreamingRecognizeResponse, Status>> + Unpin,
    {
        while let Some(reply) = replies.next().await {
            let Some(message) = reply?.message else { continue };
            let ended = matches!(&message, Tell::Ended(own) if own.reason() == v1::ended::Reason::Finished);
            self.take(message);
            if ended || self.finals.len() >= enough {
                return Ok(ended);
            }
        }
        Ok(false)
    }

    fn take(&mut self, message: Tell) {
        let acknowledged = match message {
            Tell::Started(started) => {
                self.calls += 1;
                self.id = started.stream_id;
                self.config = started.effective_config.unwrap_or_default();
                started.acknowledgement
            }
            Tell::Result(result) => {
                let acknowledged = result.acknowledgement.clone();
                self.finals.extend(Some(result).filter(|result| result.is_final));
                acknowledged
            }
            Tell::Acknowledgement(acknowledgement) => Some(acknowledgement),
            Tell::Ended(ended) => ended.acknowledgement,
            Tell::SpeechEvent(_) | Tell::Warning(_) => None,
        };
        if let Some(acknowledged) = acknowledged {
            assert!(acknowledged.audio_bytes >= self.acknowledged.audio_bytes, "it never goes back");
            self.acknowledged = acknowledged;
        }
    }
}

/// The messages one after another, with time between them.
fn paced(
    asks: Vec<v1::StreamingRecognizeRequest>,
    pace: Option<Duration>,
) -> impl Stream<Item = v1::StreamingRecognizeRequest> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        for ask in asks {
            if sender.send(ask).await.is_err() {
                return;
            }
            if let Some(pace) = pace {
                tokio::time::sleep(pace).await;
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver)
}
