//! What a server would not start with, found out without starting it.

use crate::settings::Settings;
use crate::tls::Certificates;
use anyhow::anyhow;

/// What valid settings together, and the certificates that they name, are refused for. What only a start can tell is left:
/// whether the ports are free, the data folder can be written, and the models load.
pub(crate) fn refusals(settings: &Settings) -> Vec<anyhow::Error> {
    let certificates = settings.tls.as_ref().map(Certificates::read).transpose();
    let checks = [refuse_to_stand_open(settings), certificates.map(drop).map_err(anyhow::Error::from)];
    checks.into_iter().filter_map(Result::err).collect()
}

/// A server that anybody can reach asks for something.
pub(crate) fn refuse_to_stand_open(settings: &Settings) -> anyhow::Result<()> {
    let listeners = [("grpc.listen", settings.grpc.listen), ("http.listen", settings.http_listen)];
    let beyond = listeners.into_iter().find(|(_, address)| !address.ip().is_loopback());
    match beyond {
        Some((setting, address))
            if settings.tls.is_none() && !settings.auth.keys && !settings.auth.allow_open =>
        {
            Err(anyhow!(
                "{setting} = {address} can be reached from other machines, and there is neither TLS nor a key: set \
                 auth.keys, or tls.certificate and tls.key, or auth.allow_open if something else keeps strangers out"
            ))
        }
        _ => Ok(()),
    }
}
