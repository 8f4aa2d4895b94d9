//! `[fleet.N]`: machines, or where they are listed. What is deployed to them is not known here.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use orch_model::{Diagnostic, FleetTable, Inventory, Name, RelativePath, Spanned};

use crate::host::{self, RawHost};
use crate::names::{Names, twice};
use crate::problems::Problems;
use crate::shape::{At, FromText, Reader, Shape, wrong_type};
use crate::syntax::{Node, shorten};
use crate::table::{Inline, table};
use crate::text::WordText;
use crate::wave::LabelText;

table! {
    /// Machines to deploy to: either `hosts` or `inventory` says which.
    RawFleet {
        /// The machines themselves.
        hosts: Spanned<Vec<Inline<RawHost>>> = "hosts";
        /// A file that lists them, in TOML or JSON; or a program with its arguments that prints such a list.
        inventory: Spanned<InventoryEntry> = "inventory";
        /// Only machines that have one of these; all if it is left out.
        labels: Vec<Spanned<LabelText>> = "labels";
    }
}

/// Where machines are listed.
#[derive(Debug)]
pub(crate) struct InventoryEntry(Inventory);

impl Shape for InventoryEntry {
    fn wanted() -> String {
        "a file, or a list with a program and its arguments".to_owned()
    }

    fn wanted_many() -> String {
        "inventories".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.get_ref() {
            DeValue::String(_) => {
                let path = <RelativePath as Shape>::read(node, at, reader)?;
                Some(Self(Inventory::File(path)))
            }
            DeValue::Array(_) => {
                let words = Vec::<WordText>::read(node, at, reader)?;
                let words: Vec<String> = words.into_iter().map(|word| word.0).collect();
                if words.first().is_none_or(String::is_empty) {
                    let message = format!("{at} names no program");
                    let hint =
                        "the first word is the program, as in `[\"./list-hosts\", \"--json\"]`";
                    let problem = Diagnostic::error(message, node.span()).hint(hint);
                    reader.problems.add(problem);
                    return None;
                }
                Some(Self(Inventory::Program(words)))
            }
            _ => {
                wrong_type::<Self>(node, at, None, reader);
                None
            }
        }
    }

    fn schema() -> Json {
        let words = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
        json!({ "anyOf": [<RelativePath as FromText>::schema(), words] })
    }
}

/// The table, if it says where its machines stand.
pub(crate) fn fleet(
    name: Name,
    raw: RawFleet,
    targets: &Names,
    problems: &mut Problems,
) -> Option<FleetTable> {
    let wanting = format!("fleet `{}`", shorten(&name));
    let labels = raw.labels.unwrap_or_default().into_iter();
    let labels: Vec<_> = labels.map(|label| label.map(|label| label.0)).collect();
    twice(&wanting, &labels, problems);
    if let (Some(hosts), Some(inventory)) = (&raw.hosts, &raw.inventory) {
        let message = format!("{wanting} has both `hosts` and `inventory`");
        problems.add(
            Diagnostic::error(message, inventory.span.clone())
                .label("machines are listed there")
                .also(hosts.span.clone(), "and here")
                .hint("keep one of them"),
        );
    }
    let inventory = match (raw.hosts, raw.inventory) {
        (Some(hosts), _) => {
            let span = hosts.span;
            if hosts.value.is_empty() {
                let message = format!("{wanting} has no machine");
                let hint =
                    "add one, as in `hosts = [{ address = \"user@board\", target = \"pi5\" }]`";
                problems.add(Diagnostic::error(message, span.clone()).hint(hint));
            }
            let hosts = host::hosts(&wanting, hosts.value, targets, problems);
            let chosen = labels.iter().map(|label| (label.as_str(), &label.span));
            host::known_labels(&wanting, chosen, &hosts, problems);
            Spanned::new(Inventory::Hosts(hosts), span)
        }
        (None, Some(inventory)) => inventory.map(|entry| entry.0),
        (None, None) => {
            // What is there and wrong was complained about already.
            if raw.unreadable.is_empty() && !raw.unknown {
                let message = format!("{wanting} has neither `hosts` nor `inventory`");
                let hint = "add `hosts = [{ address = \"user@board\", target = \"pi5\" }]`, or `inventory = \"hosts.toml\"`";
                problems.add(Diagnostic::error(message, raw.header).hint(hint));
            }
            return None;
        }
    };
    Some(FleetTable {
        name,
        inventory,
        labels: labels.into_iter().map(|label| label.value).collect(),
    })
}
