//! The text of an inventory, a fleet's list of machines outside of the pipeline: TOML with `hosts`, or
//! JSON that is an object with `hosts` or that list alone. Who wrote or printed it is not known here.

use toml::de::DeValue;

use orch_model::{Diagnostic, FleetHost, SourceText};

use crate::host::{self, RawHost};
use crate::json;
use crate::names::Names;
use crate::problems::Problems;
use crate::shape::{At, Reader, Shape};
use crate::syntax::{self, Node};
use crate::table::{Inline, Table, table};

table! {
    /// A list of machines.
    RawInventory {
        /// The machines, as `[fleet.N]` states them.
        hosts: Vec<Inline<RawHost>> = "hosts", required "hosts = [{ address = \"user@board\", target = \"pi5\" }]";
    }
}

/// What an inventory is called in messages.
const INVENTORY: &str = "inventory";

/// The machines that a text lists, or everything that is wrong with it, at most a hundred problems and
/// a count. `targets` are the names that the pipeline's targets have.
pub fn inventory(source: &SourceText, targets: &[&str]) -> Result<Vec<FleetHost>, Vec<Diagnostic>> {
    let mut reader = Reader {
        text: &source.text,
        problems: Problems::default(),
    };
    let targets = targets.iter().map(|name| (*name).to_owned());
    let targets = Names::new("target", targets);
    let hosts = raw_hosts(&source.text, &mut reader)
        .map(|raw| host::hosts("the inventory", raw, &targets, &mut reader.problems));
    let problems = reader.problems.finish();
    match hosts {
        Some(hosts) if problems.is_empty() && hosts.is_empty() => {
            let problem = Diagnostic::error("the inventory lists no machine", 0..0);
            Err(vec![problem.hint(
                "it has `hosts`, each with an `address` and a `target`",
            )])
        }
        Some(hosts) if problems.is_empty() => Ok(hosts),
        _ => Err(problems),
    }
}

fn raw_hosts(text: &str, reader: &mut Reader<'_>) -> Option<Vec<Inline<RawHost>>> {
    let table = if is_json(text) {
        let document = json::document(text, &mut reader.problems)?;
        match document.get_ref() {
            DeValue::Table(_) => document,
            _ => return list(&document, reader),
        }
    } else {
        let table = syntax::document(text, &mut reader.problems)?;
        Node::new(0..0, DeValue::Table(table))
    };
    let table = table.get_ref().as_table()?;
    RawInventory::read_table(table, INVENTORY, 0..0, reader).hosts
}

fn list(document: &Node<'_>, reader: &mut Reader<'_>) -> Option<Vec<Inline<RawHost>>> {
    let at = At {
        table: INVENTORY,
        key: "hosts",
        item: false,
    };
    Vec::read(document, at, reader)
}

/// Whether a text is meant as JSON. TOML can begin with a bracket as well, that of a header, but then
/// a name or another bracket follows.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    match text.strip_prefix('[') {
        Some(list) => list.trim_start().starts_with(['{', ']', '"']),
        None => text.starts_with('{'),
    }
}
