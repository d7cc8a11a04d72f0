//! Where streams go.

use crate::connection::Line;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;

/// Replies of one call.
pub type Replies = Pin<Box<dyn Stream<Item = Result<v1::StreamingRecognizeResponse, Status>> + Send>>;

type Asks = ReceiverStream<v1::StreamingRecognizeRequest>;

/// Opens calls of a stream: a server's, or those of services in the same process.
pub trait Dial: Send + Sync {
    /// Opens a call that sends `asks` and may last so long.
    fn dial(
        &self,
        asks: Asks,
        within: Option<Duration>,
    ) -> Pin<Box<dyn Future<Output = Result<Replies, Status>> + Send + '_>>;
}

impl Dial for Line {
    fn dial(
        &self,
        asks: Asks,
        within: Option<Duration>,
    ) -> Pin<Box<dyn Future<Output = Result<Replies, Status>> + Send + '_>> {
        let mut client = RecognizerClient::new(self.clone()).max_decoding_message_size(usize::MAX);
        let mut request = Request::new(asks);
        if let Some(within) = within {
            request.set_timeout(within);
        }
        Box::pin(async move {
            let replies = client.streaming_recognize(request).await?.into_inner();
            Ok(Box::pin(replies) as Replies)
        })
    }
}
