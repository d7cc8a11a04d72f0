//! Decides about each call before any service sees it.

use super::rules::needed;
use super::{ApiKey, Caller, KeyRing, NOBODYS, Refusal, Rule, Scope};
use crate::tls::{ClientCertificate, Peer};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::sync::Arc;

const KEY_HEADER: &str = "x-api-key";
/// How a browser, which can set no header for a WebSocket, shows its key: as a protocol of this prefix.
const KEY_PROTOCOL: &str = "undertone.key.";

/// Decides about each call before any service sees it.
pub(crate) struct Guard {
    /// `None`: no key is wanted.
    keys: Option<Arc<KeyRing>>,
    /// Whether a client certificate is wanted.
    certificates: bool,
}

impl Guard {
    pub(crate) fn new(keys: Option<Arc<KeyRing>>, certificates: bool) -> Self {
        Self { keys, certificates }
    }

    /// Who calls `path`, if they may.
    pub(crate) fn admit(&self, path: &str, headers: &HeaderMap, peer: &Peer) -> Result<Caller, Refusal> {
        let rule = needed(path);
        if rule == Rule::Open {
            return Ok(Caller::anyone());
        }
        if self.certificates {
            trusted(&peer.certificate)?;
        }
        let Some(ring) = &self.keys else { return Ok(Caller::anyone()) };
        let text = shown_key(headers).ok_or(Refusal::NoKey)?;
        let key = ApiKey::shown(text).ok_or(Refusal::UnknownKey)?;
        let credential = ring.check(&key)?;
        let id = || key.id().to_owned();
        if let Some(scope) = rule.scope().filter(|scope| !credential.scopes.allow(*scope)) {
            return Err(Refusal::MissingScope { id: id(), scope });
        }
        let is_operator = credential.caller.tenant() == NOBODYS || credential.scopes.allow(Scope::Admin);
        if matches!(rule, Rule::NeedsOfAll(_)) && !is_operator {
            return Err(Refusal::OfEverybody { id: id(), tenant: credential.caller.tenant().to_owned() });
        }
        Ok(credential.caller)
    }
}

fn trusted(certificate: &ClientCertificate) -> Result<(), Refusal> {
    match certificate {
        ClientCertificate::Trusted => Ok(()),
        ClientCertificate::Untrusted(reason) => {
            Err(Refusal::UntrustedCertificate { reason: reason.to_string() })
        }
        ClientCertificate::None => Err(Refusal::NoCertificate),
    }
}

fn shown_key(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| headers.get(KEY_HEADER)?.to_str().ok()).or_else(|| protocol(headers))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn protocol(headers: &HeaderMap) -> Option<&str> {
    let offered = headers.get(http::header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    offered.split(',').find_map(|name| name.trim().strip_prefix(KEY_PROTOCOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn a_key_may_be_shown_in_three_ways() {
        assert_eq!(shown_key(&headers("authorization", "bearer  k ")), Some("k"));
        assert_eq!(shown_key(&headers("x-api-key", "k")), Some("k"));
        let offered = headers("sec-websocket-protocol", "undertone.v1, undertone.key.k");
        assert_eq!(shown_key(&offered), Some("k"));
        assert_eq!(shown_key(&headers("authorization", "Basic k")), None);
    }

    #[test]
    fn probes_pass_without_key_and_certificate_and_nothing_else_does() {
        let guard = Guard::new(None, true);
        let peer = Peer::default();
        assert!(guard.admit("/healthz", &HeaderMap::new(), &peer).is_ok());
        for path in ["/undertone.v1.Models/ListModels", "/no.such/Method", "/metrics"] {
            let refused = guard.admit(path, &HeaderMap::new(), &peer).unwrap_err();
            assert_eq!(refused, Refusal::NoCertificate, "{path}");
        }
    }
}
