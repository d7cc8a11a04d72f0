//! A stream that is held open, so that models change under it.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, shipped_clip, stream_of};
use v1::streaming_recognize_response::Message as Tell;

/// A stream that is held open.
pub(crate) struct Speaker {
    asks: mpsc::Sender<v1::StreamingRecognizeRequest>,
    replies: tonic::Streaming<v1::StreamingRecognizeResponse>,
    /// What `Started` announced, as `name@version`.
    pub(crate) announced: String,
}

async fn is_counted(server: &TestServer, announced: &str) -> bool {
    let versions = super::versions(server).await;
    versions.iter().any(|version| super::spelled(version) == announced && version.live_streams > 0)
}

impl Speaker {
    /// Opens a stream and waits for `Started`.
    pub(crate) async fn open(server: &TestServer, model: &str) -> Self {
        let (asks, requests) = mpsc::channel(64);
        let config = v1::streaming_recognize_request::Message::Config(float_config(model));
        asks.send(ask(config)).await.unwrap();
        let mut client = server.recognizer().await.unwrap();
        let mut replies =
            client.streaming_recognize(ReceiverStream::new(requests)).await.unwrap().into_inner();
        let started = replies.message().await.unwrap().and_then(|reply| reply.message);
        let Some(Tell::Started(started)) = started else { panic!("{started:?}") };
        let model = started.model.unwrap();
        let announced = format!("{}@{}", model.name, model.version);
        // The worker counts the stream a moment after it is told that it began.
        while !is_counted(server, &announced).await {
            tokio::task::yield_now().await;
        }
        Self { asks, replies, announced }
    }

    /// Says the shipped clip, ends the stream and gives its final results.
    pub(crate) async fn finish(mut self) -> Vec<v1::Result> {
        let asks = stream_of(v1::RecognitionConfig::default(), &speech(), &[6400]);
        let say = async {
            for audio in asks.into_iter().skip(1) {
                self.asks.send(audio).await.unwrap();
            }
            drop(self.asks);
        };
        let mut finals = Vec::new();
        let mut ended = false;
        let hear = async {
            while let Some(reply) = self.replies.message().await.unwrap() {
                match reply.message {
                    Some(Tell::Result(result)) if result.is_final => finals.push(result),
                    Some(Tell::Ended(end)) => ended = end.reason() == v1::ended::Reason::Finished,
                    _ => {}
                }
            }
        };
        tokio::join!(say, hear);
        assert!(ended, "the stream ended in order");
        assert!(!finals.is_empty());
        finals
    }
}

/// The shipped clip as FLOAT32 bytes.
pub(crate) fn speech() -> Vec<u8> {
    let bytes = std::fs::read(shipped_clip()).unwrap();
    float_bytes(&undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap())
}
