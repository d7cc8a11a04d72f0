//! Which web pages may open streams.

use std::collections::BTreeSet;
use std::str::FromStr;

/// The origins of pages that may open streams in a browser, as browsers spell them: `https://app.example:8443`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    any: bool,
    listed: BTreeSet<String>,
}

impl Origins {
    /// Whether a page of this origin may. Without an origin there is no page: whoever calls is no browser.
    ///
    /// Pages that this server itself has handed out, `host` being what it was called by, may as well, but only where
    /// `host` is an address or `localhost`: any other name may have been pointed here by a stranger.
    pub fn allow(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        let page = origin.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme));
        let own = host.is_some_and(|host| is_address(host) && page.is_some_and(|(_, page)| page == host));
        self.any || own || self.listed.contains(&origin.to_ascii_lowercase())
    }
}

impl FromStr for Origins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut origins = Self::default();
        for origin in text.split(',').map(str::trim).filter(|origin| !origin.is_empty()) {
            match origin.split_once("://") {
                _ if origin == "*" => origins.any = true,
                Some((scheme, host)) if !scheme.is_empty() && !host.is_empty() && !host.contains('/') => {
                    origins.listed.insert(origin.to_ascii_lowercase());
                }
                _ => {
                    return Err(format!(
                        "{origin:?} is no origin; give for instance https://app.example, or *"
                    ));
                }
            }
        }
        Ok(origins)
    }
}

/// Whether `host`, with or without a port, is `localhost` or an address.
fn is_address(host: &str) -> bool {
    let is_ip = host.parse::<std::net::SocketAddr>().is_ok()
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    is_ip || host == "localhost" || host.starts_with("localhost:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(listed: &str, origin: &str, host: &str) -> bool {
        listed.parse::<Origins>().expect("valid").allow(Some(origin), Some(host))
    }

    #[test]
    fn only_listed_pages_and_the_servers_own_may() {
        assert!(allow(
            "https://a.example, https://b.example:8443",
            "https://b.example:8443",
            "speech.example"
        ));
        assert!(allow("HTTPS://A.example", "https://a.example", "speech.example"));
        assert!(!allow("https://a.example", "http://a.example", "speech.example"), "another scheme");
        assert!(!allow("https://a.example", "https://a.example.evil", "speech.example"));
        assert!(allow("", "http://127.0.0.1:8151", "127.0.0.1:8151"));
        assert!(allow("", "https://127.0.0.1:8151", "127.0.0.1:8151"), "with TLS");
        assert!(allow("", "http://[::1]:8151", "[::1]:8151"));
        assert!(allow("", "http://localhost:8151", "localhost:8151"));
        assert!(!allow("", "http://evil.example:8151", "evil.example:8151"), "a name that points here");
        assert!(!allow("", "null", "127.0.0.1:8151"));
        assert!(allow("*", "null", "127.0.0.1:8151"));
        assert!(Origins::default().allow(None, None), "no browser");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in ["a.example", "https://", "https://a.example/page", "://a"] {
            assert!(wrong.parse::<Origins>().is_err(), "{wrong}");
        }
    }
}
