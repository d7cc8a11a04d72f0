//! How a server is reached: where it is, whom it trusts, and how it is shown who calls.

use crate::error::ClientError;
use crate::retry::Retry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::Authority;
use tonic::metadata::{Ascii, MetadataKey, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

/// A connection over which every call shows who makes it.
pub type Line = InterceptedService<Channel, ShowCaller>;

/// Asked once per call for the `traceparent` of the work that it belongs to (W3C trace context).
pub type TraceParent = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Certificates. Each is PEM.
#[derive(Clone, Default)]
pub struct Tls {
    /// The authority that signed the server's certificate; without it, those that the system trusts.
    pub ca: Option<Vec<u8>>,
    /// The certificate to show to the server, and its private key (mutual TLS).
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// How a server is reached. `Debug` shows no secret.
#[derive(Clone)]
pub struct Connection {
    /// As `http://127.0.0.1:50151`, or `https://...` with TLS; `http://` when it begins with neither.
    pub address: String,
    /// What `https://` trusts and shows.
    pub tls: Tls,
    /// Sent as `authorization: Bearer`. Without TLS everybody on the way can read it.
    pub api_key: Option<String>,
    /// Sent with every call: lower-case names and their values.
    pub metadata: Vec<(String, String)>,
    /// For a whole call, all tries together; none: no bound.
    pub timeout: Option<Duration>,
    /// For reaching the server; with that it counts as unreachable.
    pub connect_timeout: Duration,
    /// While calls are open and nothing comes, the server is asked so often whether it is there; none: never. A connection
    /// whose other end went without a word is found by it.
    pub keep_alive: Option<Duration>,
    /// For the answer to that; then the calls fail, and streams are taken up again.
    pub keep_alive_timeout: Duration,
    /// When calls are made again.
    pub retry: Retry,
    /// The trace that calls belong to.
    pub traceparent: Option<TraceParent>,
}

impl Connection {
    /// To `address`, in the clear or with what the system trusts, without a key.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            tls: Tls::default(),
            api_key: None,
            metadata: Vec::new(),
            timeout: None,
            connect_timeout: Duration::from_secs(10),
            keep_alive: Some(Duration::from_secs(30)),
            keep_alive_timeout: Duration::from_secs(20),
            retry: Retry::default(),
            traceparent: None,
        }
    }

    /// A line that connects with the first call.
    pub(crate) fn lazy(&self) -> Result<Line, ClientError> {
        Ok(InterceptedService::new(self.endpoint()?.connect_lazy(), self.caller()?))
    }

    /// A line that is connected.
    pub(crate) async fn open(&self) -> Result<Line, ClientError> {
        let caller = self.caller()?;
        let connected = self.endpoint()?.connect().await;
        let channel =
            connected.map_err(|source| ClientError::Unreachable { address: self.address.clone(), source })?;
        Ok(InterceptedService::new(channel, caller))
    }

    fn endpoint(&self) -> Result<Endpoint, ClientError> {
        let address = match self.address.contains("://") {
            true => self.address.clone(),
            false => format!("http://{}", self.address),
        };
        let endpoint = Channel::from_shared(address)
            .map_err(|source| ClientError::Address { address: self.address.clone(), source })?
            .connect_timeout(self.connect_timeout);
        if let Err(what) = check_address(endpoint.uri()) {
            return Err(ClientError::Unusable { address: self.address.clone(), what });
        }
        let endpoint = match self.keep_alive {
            Some(interval) => {
                endpoint.http2_keep_alive_interval(interval).keep_alive_timeout(self.keep_alive_timeout)
            }
            None => endpoint,
        };
        if endpoint.uri().scheme_str() != Some("https") {
            return Ok(endpoint);
        }
        let mut tls = match &self.tls.ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let Some((certificate, key)) = &self.tls.identity {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        endpoint.tls_config(tls).map_err(ClientError::Certificates)
    }

    fn caller(&self) -> Result<ShowCaller, ClientError> {
        let unsendable = |what: &str| ClientError::Metadata { what: what.to_owned() };
        let mut shown = Vec::new();
        if let Some(key) = &self.api_key {
            let mut value: MetadataValue<Ascii> =
                format!("Bearer {key}").parse().map_err(|_| unsendable("the API key"))?;
            value.set_sensitive(true);
            shown.push((MetadataKey::from_static("authorization"), value));
        }
        for (name, value) in &self.metadata {
            let name = MetadataKey::from_bytes(name.as_bytes()).map_err(|_| unsendable(name))?;
            shown.push((name.clone(), value.parse().map_err(|_| unsendable(name.as_str()))?));
        }
        Ok(ShowCaller { shown: shown.into(), traceparent: self.traceparent.clone() })
    }
}

/// Refuses an address of which the transport would make another one: a scheme that it does not know is spoken in the clear, and
/// a port that is none is that of the scheme.
fn check_address(uri: &Uri) -> Result<(), String> {
    let scheme = uri.scheme_str().unwrap_or_default();
    if !matches!(scheme, "http" | "https") {
        return Err(format!("{scheme}:// is not understood; give http://, or https:// for TLS"));
    }
    let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
    let door = authority.rsplit_once(uri.host().unwrap_or_default()).map_or("", |(_, behind)| behind);
    match (door.strip_prefix(':'), uri.port_u16()) {
        (Some(port), None) => Err(format!("{port:?} is no port; give 1 to 65535")),
        _ => Ok(()),
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Shows with every call who makes it, and for which trace.
#[derive(Clone)]
pub struct ShowCaller {
    shown: Arc<[(MetadataKey<Ascii>, MetadataValue<Ascii>)]>,
    traceparent: Option<TraceParent>,
}

impl Interceptor for ShowCaller {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in self.shown.iter() {
            request.metadata_mut().insert(name.clone(), value.clone());
        }
        // A trace that cannot be sent is no reason to fail.
        let trace = self.traceparent.as_ref().and_then(|own| own()?.parse().ok());
        if let Some(trace) = trace {
            request.metadata_mut().insert("traceparent", trace);
        }
        Ok(request)
    }
}

impl fmt::Debug for ShowCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShowCaller")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_shows_key_metadata_and_trace() {
        let connection = Connection {
            api_key: Some("utk_1".into()),
            metadata: vec![("x-team".into(), "calls".into())],
            traceparent: Some(Arc::new(|| Some("00-1-2-01".into()))),
            ..Connection::new("http://127.0.0.1:1")
        };
        let request = connection.caller().unwrap().call(Request::new(())).unwrap();
        let shown = |name: &str| request.metadata().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(shown("authorization"), Some("Bearer utk_1"));
        assert_eq!((shown("x-team"), shown("traceparent")), (Some("calls"), Some("00-1-2-01")));
        assert!(request.metadata().get("authorization").is_some_and(MetadataValue::is_sensitive));
        assert!(!format!("{connection:?}").contains("utk_1"));
    }

    #[test]
    fn an_address_that_would_lead_elsewhere_is_refused() {
        for (address, part) in [
            ("grpcs://127.0.0.1:50151", "grpcs:// is not understood"),
            ("wss://localhost", "wss:// is not understood"),
            ("http://127.0.0.1:501510", "\"501510\" is no port"),
            ("localhost:99999", "\"99999\" is no port"),
            ("http://[::1]:99999", "\"99999\" is no port"),
        ] {
            let said = Connection::new(address).endpoint().expect_err(address).to_string();
            assert!(said.contains(part) && said.contains(address), "{said}");
        }
        for address in ["localhost:50151", "http://127.0.0.1", "http://[::1]:50151", "HTTP://localhost:1"] {
            assert!(Connection::new(address).endpoint().is_ok(), "{address}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_named_and_a_trace_that_cannot_is_left_out() {
        let said = |connection: Connection| connection.caller().unwrap_err().to_string();
        let key = Connection { api_key: Some("a\nb".into()), ..Connection::new("") };
        assert!(said(key).starts_with("the API key holds"));
        let name = Connection { metadata: vec![("Not A Name".into(), String::new())], ..Connection::new("") };
        assert!(said(name).starts_with("Not A Name holds"));
        let trace = Connection { traceparent: Some(Arc::new(|| Some("a\nb".into()))), ..Connection::new("") };
        let request = trace.caller().unwrap().call(Request::new(())).unwrap();
        assert!(request.metadata().is_empty());
    }
}
