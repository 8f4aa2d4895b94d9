//! An entry of `tuning`: the name of a policy, or a table that names one and holds its
//! settings. Which policies there are is not known here.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use orch_model::{ChosenPolicy, Settings, Spanned};

use crate::shape::{At, FromText, Reader, Shape, wrong_type};
use crate::syntax::Node;
use crate::table::{Table, table};
use crate::text::OfferText;

table! {
    /// A tuning policy. Keys that are not listed here are settings of its plugin.
    RawPolicy: open {
        /// What a plugin offers, as `name` or `plugin/name`.
        policy: Spanned<OfferText> = "policy", required "{ policy = \"go-runtime\" }";
    }
}

/// One entry, as it is written.
#[derive(Debug)]
pub(crate) struct PolicyEntry(pub ChosenPolicy);

impl Shape for PolicyEntry {
    fn wanted() -> String {
        "the name of a policy, or a table with `policy` and its settings".to_owned()
    }

    fn wanted_many() -> String {
        "policies".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let (offer, settings) = match node.get_ref() {
            DeValue::String(_) => (
                Spanned::<OfferText>::read(node, at, reader)?,
                Settings::default(),
            ),
            DeValue::Table(table) => {
                let path = format!("{}.{}", at.table, at.key);
                let raw = RawPolicy::read_table(table, &path, node.span(), reader);
                (raw.policy?, raw.settings)
            }
            _ => {
                wrong_type::<Self>(node, at, None, reader);
                return None;
            }
        };
        Some(Self(ChosenPolicy {
            offer: offer.map(|offer| offer.0),
            settings,
        }))
    }

    fn schema() -> Json {
        let name = <OfferText as FromText>::schema();
        json!({ "anyOf": [name, { "$ref": "#/$defs/policy" }] })
    }
}
