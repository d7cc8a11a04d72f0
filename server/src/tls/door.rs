//! Accepts connections; handshakes run beside each other, so that a slow one keeps nobody waiting.

use super::client::AskForCertificate;
use super::connection::Stream;
use super::{Certificates, Connection, Peer, TlsError};
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::WantsServerCert;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

/// Accepted connections that may wait to be served; then no more are accepted.
const WAITING: usize = 64;
/// A pause after the system could not accept a connection, most often because files have run out.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What is spoken behind a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/2, and HTTP/1.1 for gRPC-web.
    Grpc,
    /// HTTP/1.1.
    Http,
}

/// Where connections come in.
pub(crate) struct Door {
    address: SocketAddr,
    connections: mpsc::Receiver<Connection>,
}

impl Door {
    /// Accepts connections on `listener` until `stop`; with TLS where there are certificates.
    ///
    /// # Errors
    /// When the listener has no address, or the TLS library refuses the certificates.
    pub(crate) fn open(
        listener: TcpListener,
        certificates: Option<Arc<Certificates>>,
        protocol: Protocol,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, connections) = mpsc::channel(WAITING);
        let lock = certificates.map(|certificates| Lock::of(certificates, protocol)).transpose()?;
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = accept_all(&listener, lock, sender) => {}
            }
        });
        Ok(Self { address, connections })
    }

    /// The connections, for a server of tonic.
    pub(crate) fn into_stream(self) -> impl tokio_stream::Stream<Item = io::Result<Connection>> {
        ReceiverStream::new(self.connections).map(Ok)
    }
}

/// For a server of axum.
impl axum::serve::Listener for Door {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        match self.connections.recv().await {
            Some(connection) => {
                let peer = connection.peer().clone();
                (connection, peer)
            }
            // The door is shut.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: Some(self.address), ..Peer::default() })
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// What a connection has to pass.
#[derive(Clone)]
struct Lock {
    certificates: Arc<Certificates>,
    acceptor: TlsAcceptor,
    /// Handshakes under way.
    room: Arc<Semaphore>,
}

impl Lock {
    fn of(certificates: Arc<Certificates>, protocol: Protocol) -> Result<Self, TlsError> {
        let mut config = server_config(&certificates)?.with_cert_resolver(certificates.clone());
        config.alpn_protocols = match protocol {
            Protocol::Grpc => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Protocol::Http => vec![b"http/1.1".to_vec()],
        };
        let room = Arc::new(Semaphore::new(certificates.settings().max_handshakes));
        Ok(Self { certificates, acceptor: TlsAcceptor::from(Arc::new(config)), room })
    }

    async fn pass(&self, stream: TcpStream, address: SocketAddr) -> Option<Connection> {
        let handshake = self.acceptor.accept(stream);
        let shaken = tokio::time::timeout(self.certificates.settings().handshake_timeout, handshake).await;
        let stream = match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(peer = %address, %error, "a handshake failed");
                return None;
            }
            Err(_) => {
                tracing::debug!(peer = %address, "a handshake took too long");
                return None;
            }
        };
        let certificate = self.certificates.judge(stream.get_ref().1.peer_certificates());
        let peer = Peer { address: Some(address), certificate };
        Some(Connection { stream: Stream::Tls(Box::new(stream)), peer })
    }
}

fn server_config(
    certificates: &Certificates,
) -> Result<tokio_rustls::rustls::ConfigBuilder<ServerConfig, WantsServerCert>, TlsError> {
    let provider = certificates.provider();
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    Ok(match certificates.settings().client_ca {
        Some(_) => builder.with_client_cert_verifier(Arc::new(AskForCertificate(provider))),
        None => builder.with_no_client_auth(),
    })
}

async fn accept_all(listener: &TcpListener, lock: Option<Lock>, sender: mpsc::Sender<Connection>) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        // Answers are small and must not wait until the one before is acknowledged (Nagle's algorithm).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone at once");
            continue;
        }
        let Some(lock) = lock.clone() else {
            let peer = Peer { address: Some(address), ..Peer::default() };
            if sender.send(Connection { stream: Stream::Clear(stream), peer }).await.is_err() {
                return;
            }
            continue;
        };
        // The semaphore is never closed.
        let Ok(place) = lock.room.clone().acquire_owned().await else { return };
        let sender = sender.clone();
        tokio::spawn(async move {
            if let Some(connection) = lock.pass(stream, address).await {
                // Fails when the server stops.
                let _ = sender.send(connection).await;
            }
            drop(place);
        });
    }
}
