//! A client that speaks frames.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::{self, protocol::CloseFrame};
use tokio_tungstenite::{WebSocketStream, client_async};
use tonic_types::pb;
use undertone_proto::v1;
use undertone_tests::TestServer;
use v1::streaming_recognize_response::Message as Tell;

/// One connection.
pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    pub(crate) protocol: Option<String>,
}

/// Everything that came, to the close.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) tells: Vec<Tell>,
    /// The last word about a stream that failed, as it was sent.
    pub(crate) failure: Option<serde_json::Value>,
    /// Code and reason.
    pub(crate) close: Option<(u16, String)>,
}

impl Client {
    /// Opens a connection; the status of the refusal when it is refused. Header values are sent as they are.
    pub(crate) async fn open(
        server: &TestServer,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, StatusCode> {
        let tcp = TcpStream::connect(server.http_address()).await.unwrap();
        let mut request = format!("ws://{}/v1/stream", server.http_address()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        match client_async(request, tcp).await {
            Ok((socket, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|value| value.to_str().unwrap().to_owned());
                Ok(Self { socket, protocol })
            }
            Err(tungstenite::Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, ask: &v1::StreamingRecognizeRequest) {
        self.send_frame(Message::Binary(ask.encode_to_vec().into())).await;
    }

    /// Fails silently once the server is gone; what it said then tells the test.
    pub(crate) async fn send_frame(&mut self, frame: Message) {
        let _ = self.socket.send(frame).await;
    }

    /// Ends the connection in order; the server's answer is still to be heard.
    pub(crate) async fn close(&mut self) {
        let frame = CloseFrame { code: 1000.into(), reason: "".into() };
        self.send_frame(Message::Close(Some(frame))).await;
    }

    /// Sends everything while listening, as a browser does.
    pub(crate) async fn converse(self, asks: Vec<v1::StreamingRecognizeRequest>) -> Heard {
        let (mut sink, stream) = self.socket.split();
        let sending = async move {
            for ask in asks {
                if sink.send(Message::Binary(ask.encode_to_vec().into())).await.is_err() {
                    break;
                }
            }
            sink
        };
        let (_sink, heard) = tokio::join!(sending, listen(stream));
        heard
    }

    /// Listens to the close.
    pub(crate) async fn listen(self) -> Heard {
        listen(self.socket).await
    }

    /// The next message of the server.
    pub(crate) async fn next(&mut self) -> Tell {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => return tell(&bytes),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Whether the server sends a ping before anything else.
    pub(crate) async fn is_pinged(&mut self) -> bool {
        matches!(self.socket.next().await, Some(Ok(Message::Ping(_))))
    }
}

impl Heard {
    /// The final results.
    pub(crate) fn finals(&self) -> Vec<v1::Result> {
        let results = self.tells.iter().filter_map(|tell| match tell {
            Tell::Result(result) if result.is_final => Some(result.clone()),
            _ => None,
        });
        results.collect()
    }

    /// The status in the last word.
    pub(crate) fn status(&self) -> pb::Status {
        let failure = self.failure.as_ref().expect("a stream that failed says how");
        let encoded = STANDARD.decode(failure["status"].as_str().unwrap()).unwrap();
        let status = pb::Status::decode(encoded.as_slice()).unwrap();
        assert_eq!(failure["code"], status.code);
        assert_eq!(failure["message"], status.message);
        status
    }
}

async fn listen<S>(mut frames: S) -> Heard
where
    S: futures_util::Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
{
    let mut heard = Heard::default();
    while let Some(Ok(frame)) = frames.next().await {
        match frame {
            Message::Binary(bytes) => {
                assert!(heard.failure.is_none(), "nothing comes behind the last word");
                heard.tells.push(tell(&bytes));
            }
            Message::Text(text) => heard.failure = Some(serde_json::from_str(&text).unwrap()),
            Message::Close(frame) => {
                let CloseFrame { code, reason } = frame.expect("a close says why");
                heard.close = Some((code.into(), reason.to_string()));
            }
            _ => {}
        }
    }
    heard
}

fn tell(bytes: &[u8]) -> Tell {
    v1::StreamingRecognizeResponse::decode(bytes).unwrap().message.unwrap()
}
