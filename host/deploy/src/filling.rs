//! What placeholders stand for on one machine.

use std::collections::BTreeMap;

use orch_model::{Fault, FleetHost, Placeholder, parse_placeholders};

use crate::secrets::Secrets;

/// All that a deployer's texts may name.
#[derive(Clone, Copy)]
pub(crate) struct Filling<'a> {
    pub release: &'a str,
    pub host: &'a FleetHost,
    pub secrets: &'a Secrets,
    pub images: &'a BTreeMap<String, String>,
}

impl Filling<'_> {
    /// The text with everything in its place.
    pub fn fill(&self, text: &str) -> Result<String, Fault> {
        let parts = parse_placeholders(text).map_err(|error| {
            Fault::internal(format!("a text of the deployer is wrong: {error}"))
        })?;
        let mut filled = String::with_capacity(text.len());
        for part in parts {
            match part {
                Placeholder::Text(text) => filled.push_str(&text),
                Placeholder::Release => filled.push_str(self.release),
                Placeholder::Host(name) => filled.push_str(self.of_host(&name)?),
                Placeholder::Secret(name) => filled.push_str(self.secrets.get(&name)?),
                Placeholder::Image(name) => {
                    let image = self.images.get(&name).ok_or_else(|| {
                        Fault::usage(format!("deploy `{name}` pushed no image"))
                            .hint("`${image.X}` stands for what a deploy of an image pushed")
                    })?;
                    filled.push_str(image);
                }
            }
        }
        Ok(filled)
    }

    /// Each of several texts.
    pub fn fill_all(&self, texts: &[String]) -> Result<Vec<String>, Fault> {
        texts.iter().map(|text| self.fill(text)).collect()
    }

    fn of_host(&self, name: &str) -> Result<&str, Fault> {
        let host = self.host;
        match name {
            "name" => Ok(&host.name),
            "address" => Ok(place_of(&host.address)),
            _ => host.variables.get(name).map(String::as_str).ok_or_else(|| {
                Fault::usage(format!("machine `{}` has no variable `{name}`", host.name)).hint(
                    format!("add it to the fleet: `variables = {{ {name} = \"…\" }}`"),
                )
            }),
        }
    }
}

/// An address without user and port.
fn place_of(address: &str) -> &str {
    let (place, has_port) = match address.strip_prefix("ssh://") {
        Some(place) => (place, true),
        None => (address, false),
    };
    let place = place.rsplit('@').next().unwrap_or(place);
    match place.rsplit_once(':') {
        Some((place, _)) if has_port => place,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_finds_its_place() {
        let host = FleetHost {
            name: "pi-1".into(),
            address: "ssh://ann@10.0.0.5:2222".into(),
            target: "pi5".into(),
            labels: Vec::new(),
            variables: [("zone".to_owned(), "north".to_owned())].into(),
            host_key: None,
        };
        let secrets = Secrets::of([("key".to_owned(), "s3cret".to_owned())]);
        let images = [("web".to_owned(), "registry/web@sha256:00".to_owned())].into();
        let filling = Filling {
            release: "0a1b",
            host: &host,
            secrets: &secrets,
            images: &images,
        };
        let text =
            "${release} ${host.name} ${host.address} ${host.zone} ${secret.key} ${image.web} $${x}";
        assert_eq!(
            filling.fill(text).unwrap(),
            "0a1b pi-1 10.0.0.5 north s3cret registry/web@sha256:00 ${x}"
        );
        let error = filling.fill("${host.rack}").unwrap_err();
        assert_eq!(error.message, "machine `pi-1` has no variable `rack`");
    }
}
