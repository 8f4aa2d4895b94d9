//! Proxies as the user's environment names them. The lower-case name of a variable counts
//! before the upper-case one, as for curl; unlike curl, `HTTP_PROXY` counts as well, since
//! nobody but the user sets variables here.

use orch_http::redact;
use orch_model::Fault;
use reqwest::{NoProxy, Proxy};

use crate::settings::FetchSettings;

/// The proxies to ask, in order.
pub(crate) fn proxies(settings: &FetchSettings) -> Result<Vec<Proxy>, Fault> {
    let variable = |name: &str| {
        settings
            .variable(name)
            .or_else(|| settings.variable(&name.to_uppercase()))
    };
    let except = variable("no_proxy").and_then(NoProxy::from_string);
    let mut proxies = Vec::new();
    for name in ["https_proxy", "http_proxy", "all_proxy"] {
        let Some(address) = variable(name) else {
            continue;
        };
        let proxy = match name {
            "https_proxy" => Proxy::https(address),
            "http_proxy" => Proxy::http(address),
            _ => Proxy::all(address),
        };
        let proxy = proxy.map_err(|error| {
            Fault::usage(format!(
                "variable `{}` names a proxy that cannot be used: {}",
                name.to_uppercase(),
                redact::text(&error.without_url().to_string())
            ))
        })?;
        proxies.push(proxy.no_proxy(except.clone()));
    }
    Ok(proxies)
}
