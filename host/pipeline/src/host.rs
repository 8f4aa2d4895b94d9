//! The machines of a fleet, in the pipeline and in an inventory alike. Whether they are there is not
//! known here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value as Json, json};

use orch_model::{
    ADDRESS_FORMS, Diagnostic, FleetHost, Placeholder, Span, Spanned, host_of_address,
    is_host_address, parse_placeholders,
};

use crate::names::Names;
use crate::nearest;
use crate::placeholders::OF_EVERY_HOST;
use crate::problems::Problems;
use crate::shape::{Complaint, FromText};
use crate::syntax::shorten;
use crate::table::{Inline, table};
use crate::text::WordText;
use crate::wave::LabelText;

table! {
    /// A machine of a fleet.
    RawHost {
        /// Its name, unique within the fleet; what its address names if it is left out.
        name: Spanned<HostNameText> = "name";
        /// As `ssh` takes it: `board`, `user@board`, `ssh://user@board:2222`; or `local` for this machine.
        address: Spanned<AddressText> = "address", required "address = \"user@board\"";
        /// The name of a `[target.N]` table: what it is.
        target: Spanned<String> = "target", required "target = \"pi5\"";
        /// Words that choose it and order it, such as `canary`.
        labels: Vec<LabelText> = "labels";
        /// What `${host.X}` stands for in a deploy.
        variables: Spanned<BTreeMap<String, Spanned<WordText>>> = "variables";
        /// Its public key as `known_hosts` writes it; without one, your own `known_hosts` decides.
        host_key: HostKeyText = "host-key";
    }
}

/// What names a machine is made of, for hints.
const NAME_RULE: &str = "a machine's name has letters, digits, `.`, `-`, `_` and `:`, begins with a letter or digit, and is at most 100 long";

/// The name of a machine.
#[derive(Clone, Debug)]
pub(crate) struct HostNameText(pub String);

impl FromText for HostNameText {
    const WANTED: &'static str = "a name";
    const WANTED_MANY: &'static str = "names";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match is_name(text) {
            true => Ok(Self(text.to_owned())),
            false => {
                Err(Complaint::of_key(format!("cannot be `{}`", shorten(text))).hint(NAME_RULE))
            }
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$" })
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    begins && text.len() <= 100 && text.chars().all(allowed)
}

/// The address of a machine.
#[derive(Clone, Debug)]
pub(crate) struct AddressText(pub String);

impl FromText for AddressText {
    const WANTED: &'static str = "an address";
    const WANTED_MANY: &'static str = "addresses";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match is_host_address(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(Complaint::of_key(format!("cannot be `{}`", shorten(text)))
                .hint(format!("{ADDRESS_FORMS}; `local` is this machine"))),
        }
    }
}

/// The public key of a machine: its kind and its base64, without a comment.
#[derive(Clone, Debug)]
pub(crate) struct HostKeyText(pub String);

/// Kinds of keys that OpenSSH 9.2 takes, by `ssh -Q key-plain`; without DSA, which it refuses.
const KEY_KINDS: [&str; 7] = [
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
];

impl FromText for HostKeyText {
    const WANTED: &'static str = "a public key";
    const WANTED_MANY: &'static str = "public keys";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let mut words = text.split_whitespace();
        let (kind, key) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        // Every key begins with the length of its kind's name: three bytes of zeros and one more.
        let is_key =
            key.starts_with("AAAA") && key.len().is_multiple_of(4) && key.chars().all(base64);
        if KEY_KINDS.contains(&kind) && is_key && !text.contains(['\n', '\r']) {
            return Ok(Self(format!("{kind} {key}")));
        }
        Err(Complaint::of_key(format!("cannot be `{}`", shorten(text))).hint(
            "write kind and key, `ssh-ed25519 AAAA…`: the machine has them in `/etc/ssh/ssh_host_ed25519_key.pub`",
        ))
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[a-z0-9@.-]+ +AAAA[A-Za-z0-9+/]+=*( .*)?$" })
    }
}

/// The machines of a list in which each has a name of its own and a target that there is.
pub(crate) fn hosts(
    wanting: &str,
    raw: Vec<Inline<RawHost>>,
    targets: &Names,
    problems: &mut Problems,
) -> Vec<FleetHost> {
    let mut seen: HashMap<String, Span> = HashMap::new();
    let mut hosts = Vec::with_capacity(raw.len());
    for Inline(raw) in raw {
        let variables = variables(&raw, problems);
        let (Some(address), Some(target)) = (raw.address, raw.target) else {
            continue;
        };
        targets.known(wanting, &target, problems);
        let name = match raw.name {
            Some(name) => name.map(|name| name.0),
            None => named_by(wanting, &address, problems),
        };
        if let Some(first) = seen.insert(name.value.clone(), name.span.clone()) {
            let message = format!(
                "{wanting} has two machines that are called `{}`",
                shorten(&name)
            );
            problems.add(
                Diagnostic::error(message, name.span.clone())
                    .label("again here")
                    .also(first, "first here")
                    .hint("give one of them another `name`"),
            );
        }
        let labels = raw.labels.unwrap_or_default().into_iter();
        hosts.push(FleetHost {
            name: name.value,
            address: address.value.0,
            target: target.value,
            labels: labels.map(|label| label.0).collect(),
            variables,
            host_key: raw.host_key.map(|key| key.0),
        });
    }
    hosts
}

/// The name of a machine that was given none.
fn named_by(
    wanting: &str,
    address: &Spanned<AddressText>,
    problems: &mut Problems,
) -> Spanned<String> {
    let name = host_of_address(&address.0);
    if !is_name(name) {
        let message = format!("{wanting} has a machine `{}` without a name", shorten(name));
        let hint = format!("give it a `name`: {NAME_RULE}");
        problems.add(Diagnostic::error(message, address.span.clone()).hint(hint));
    }
    Spanned::new(name.to_owned(), address.span.clone())
}

/// The variables, if each can stand in `${host.X}`.
fn variables(raw: &RawHost, problems: &mut Problems) -> BTreeMap<String, String> {
    let Some(variables) = &raw.variables else {
        return BTreeMap::new();
    };
    for (name, value) in &variables.value {
        let placeholder = vec![Placeholder::Host(name.clone())];
        let message = if parse_placeholders(&format!("${{host.{name}}}")) != Ok(placeholder) {
            format!("`{}` is no name for a variable of a machine", shorten(name))
        } else if OF_EVERY_HOST.contains(&name.as_str()) {
            format!("`${{host.{name}}}` is there without a variable")
        } else {
            continue;
        };
        problems.add(
            Diagnostic::error(message, value.span.clone())
                .hint("call it something else, with letters, digits, `-` and `_`"),
        );
    }
    let variables = variables.value.iter();
    variables
        .map(|(name, value)| (name.clone(), value.0.clone()))
        .collect()
}

/// Complains about labels that none of the machines has.
pub(crate) fn known_labels<'a>(
    wanting: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a Span)>,
    hosts: impl IntoIterator<Item = &'a FleetHost>,
    problems: &mut Problems,
) {
    let known = hosts.into_iter().flat_map(|host| &host.labels);
    let known: BTreeSet<&str> = known.map(String::as_str).collect();
    let unknown = labels
        .into_iter()
        .filter(|(label, _)| !known.contains(label));
    for (label, span) in unknown {
        problems.add_with(|| {
            let message = format!(
                "{wanting} names the label `{}`, which none of its machines has",
                shorten(label)
            );
            let hint = nearest::hint(label, known.iter().copied(), "the labels are");
            Diagnostic::error(message, span.clone()).maybe_hint(hint)
        });
    }
}
