//! Where a health check looks: addresses of HTTP, and of ports. Machines of fleets have other
//! addresses.

use crate::shape::{Complaint, FromText};
use crate::syntax::shorten;

/// A URL of plain HTTP, which is what a machine is asked over.
#[derive(Clone, Debug)]
pub(crate) struct HttpText(pub String);

impl FromText for HttpText {
    const WANTED: &'static str = "a URL";
    const WANTED_MANY: &'static str = "URLs";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match is_url(text, &["http://"]) {
            true => Ok(Self(text.to_owned())),
            false => Err(refused(text).hint(
                "write it as `http://127.0.0.1:8080/healthz`: it is asked from the machine, over plain HTTP; for anything else there is `command`",
            )),
        }
    }
}

/// The URL of a server that is asked from where `orch` runs.
#[derive(Clone, Debug)]
pub(crate) struct ServerText(pub String);

impl FromText for ServerText {
    const WANTED: &'static str = "a URL";
    const WANTED_MANY: &'static str = "URLs";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match is_url(text, &["http://", "https://"]) {
            true => Ok(Self(text.to_owned())),
            false => Err(refused(text).hint("write it as `http://prometheus:9090`")),
        }
    }
}

/// `host:port`.
#[derive(Clone, Debug)]
pub(crate) struct PortText(pub String);

impl FromText for PortText {
    const WANTED: &'static str = "a host and a port";
    const WANTED_MANY: &'static str = "hosts with ports";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let parts = text.rsplit_once(':').filter(|(host, _)| is_plain(host));
        // What a placeholder stands for is known once there is a machine.
        let is_port =
            |port: &str| port.ends_with('}') || port.parse().is_ok_and(|port: u16| port > 0);
        match parts.is_some_and(|(_, port)| is_port(port)) {
            true => Ok(Self(text.to_owned())),
            false => Err(refused(text).hint("write it as `127.0.0.1:8080`")),
        }
    }
}

fn refused(text: &str) -> Complaint {
    Complaint::of_key(format!("cannot be `{}`", shorten(text)))
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    let mut schemes = schemes.iter();
    let rest = schemes.find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| is_plain(rest) && !rest.starts_with('/'))
}

/// Whether a text is there and is one word.
fn is_plain(text: &str) -> bool {
    let odd = |character: char| character.is_whitespace() || character.is_control();
    !text.is_empty() && !text.contains(odd)
}
