//! Tables with known keys. `table!` declares one as a type; reading, unknown keys,
//! missing keys and the JSON Schema all come from that declaration. Which tables there
//! are is not known here.

use serde_json::{Map, Value as Json, json};
use toml::de::{DeTable, DeValue};

use orch_model::{Diagnostic, Name, Settings, Span, Spanned};

use crate::name;
use crate::nearest;
use crate::shape::{At, Reader, Shape, wrong_type};
use crate::syntax::{Node, in_order, shorten};

/// A key that a table knows.
pub(crate) struct KnownKey {
    /// As it is written.
    pub name: &'static str,
    /// Lines on what it is for.
    pub about: &'static str,
    /// How it is written, for one that must be there.
    pub required: Option<&'static str>,
    /// Of its value.
    pub schema: fn() -> Json,
}

impl KnownKey {
    /// Whether only a later version will do it.
    fn is_not_yet(&self) -> bool {
        (self.schema)().get("not").is_some()
    }
}

/// A table with known keys.
pub(crate) trait Table: Sized {
    /// Its keys, in the order of the documentation.
    const KEYS: &'static [KnownKey];
    /// Whether other keys are settings of a plugin, not mistakes.
    const OPEN: bool;
    /// What it is for.
    const ABOUT: &'static str;
    /// Reads what is there; `path` is its name in messages, `header` its place.
    fn read_table(table: &DeTable<'_>, path: &str, header: Span, reader: &mut Reader<'_>) -> Self;
}

/// Declares a [`Table`].
macro_rules! table {
    (
        $(#[doc = $about:literal])+
        $name:ident $(: $open:ident)? {
            $( $(#[doc = $doc:literal])+ $field:ident: $type:ty = $key:literal $(, required $example:literal)?; )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Default)]
        pub(crate) struct $name {
            /// Where the table's key stands.
            pub header: ::orch_model::Span,
            $( $(#[doc = $doc])+ pub $field: Option<$type>, )*
            /// Keys that are there, with a value that cannot be read.
            pub unreadable: Vec<&'static str>,
            /// Whether a key is there that the table does not know.
            pub unknown: bool,
            /// All other keys.
            pub settings: ::orch_model::Settings,
        }

        impl $crate::table::Table for $name {
            const KEYS: &'static [$crate::table::KnownKey] = &[$(
                $crate::table::KnownKey {
                    name: $key,
                    about: concat!($($doc),+),
                    required: $crate::table::table!(@required $($example)?),
                    schema: <$type as $crate::shape::Shape>::schema,
                },
            )*];
            const OPEN: bool = $crate::table::table!(@open $($open)?);
            const ABOUT: &'static str = concat!($($about),+);

            fn read_table(
                table: &::toml::de::DeTable<'_>,
                path: &str,
                header: ::orch_model::Span,
                reader: &mut $crate::shape::Reader<'_>,
            ) -> Self {
                let mut read = Self { header, ..Self::default() };
                let mut others = Vec::new();
                for (key, node) in $crate::syntax::in_order(table) {
                    let at = $crate::shape::At { table: path, key: key.get_ref(), item: false };
                    match key.get_ref().as_ref() {
                        $( $key => {
                            read.$field = $crate::shape::Shape::read(node, at, reader);
                            if read.$field.is_none() {
                                read.unreadable.push($key);
                            }
                        } )*
                        _ => others.push((key, node)),
                    }
                }
                read.unknown = !Self::OPEN && !others.is_empty();
                read.settings =
                    $crate::table::rest::<Self>(table, others, path, read.header.clone(), reader);
                read
            }
        }
    };
    (@open open) => { true };
    (@open) => { false };
    (@required $example:literal) => { Some($example) };
    (@required) => { None };
}
pub(crate) use table;

type Entry<'t, 'i> = (&'t crate::syntax::Key<'i>, &'t Node<'i>);

/// Settings, or complaints about unknown keys; and complaints about missing ones.
pub(crate) fn rest<T: Table>(
    table: &DeTable<'_>,
    others: Vec<Entry<'_, '_>>,
    path: &str,
    header: Span,
    reader: &mut Reader<'_>,
) -> Settings {
    let unknown: Vec<&str> = others
        .iter()
        .take(100)
        .map(|(key, _)| &**key.get_ref())
        .collect();
    for key in T::KEYS {
        let Some(example) = key.required else {
            continue;
        };
        if table.contains_key(key.name) {
            continue;
        }
        let meant = orch_model::nearest(key.name, unknown.iter().copied());
        if meant.is_some() && !T::OPEN {
            // That key is complained about as an unknown one, with the same hint.
            continue;
        }
        let message = match path {
            "" => format!("the pipeline has no `{}`", key.name),
            path => format!("`{}` has no `{}`", shorten(path), key.name),
        };
        let missing = Diagnostic::error(message, header.clone());
        let written = others
            .iter()
            .find(|(key, _)| meant == Some(&**key.get_ref()));
        reader.problems.add(match written {
            Some((written, _)) => missing
                .also(written.span(), format!("did you mean `{}`?", key.name))
                .hint(format!(
                    "write `{}` in place of `{}`",
                    key.name,
                    shorten(written.get_ref())
                )),
            None => missing.hint(format!(
                "add it, as in `{example}`: {}",
                sentence(key.about)
            )),
        });
    }
    if T::OPEN {
        return crate::settings::read(others, path, header, reader);
    }
    for (key, _) in others {
        reader.problems.add_with(|| {
            let name = key.get_ref();
            let message = match path {
                "" => format!("unknown key `{}`", shorten(name)),
                path => format!("unknown key `{}` in `{}`", shorten(name), shorten(path)),
            };
            let known = T::KEYS.iter().filter(|key| !key.is_not_yet());
            let known = known.map(|key| key.name);
            Diagnostic::error(message, key.span()).maybe_hint(nearest::hint(
                name,
                known,
                "the keys are",
            ))
        });
    }
    Settings::default()
}

/// The first sentence of a key's documentation as the end of a hint.
fn sentence(about: &str) -> String {
    let first = about.trim().split(". ").next().unwrap_or_default();
    let first = first.trim_end_matches('.');
    let mut letters = first.chars();
    match letters.next() {
        Some(letter) => letter.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The schema of a table without its settings.
pub(crate) fn schema<T: Table>() -> Map<String, Json> {
    let mut properties = Map::new();
    for key in T::KEYS {
        let mut value = (key.schema)();
        value["description"] = Json::from(key.about.trim());
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<_> = T::KEYS
        .iter()
        .filter(|key| key.required.is_some())
        .map(|key| key.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(T::ABOUT.trim()));
    schema.insert("properties".to_owned(), Json::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !T::OPEN {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

/// A table that stands as a value.
#[derive(Debug)]
pub(crate) struct Inline<T>(pub T);

impl<T: Table> Shape for Inline<T> {
    fn wanted() -> String {
        "a table".to_owned()
    }

    fn wanted_many() -> String {
        "tables".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = node.get_ref() else {
            wrong_type::<Self>(node, at, None, reader);
            return None;
        };
        let path = format!("{}.{}", at.table, at.key);
        Some(Self(T::read_table(table, &path, node.span(), reader)))
    }

    fn schema() -> Json {
        Json::Object(schema::<T>())
    }
}

/// `[kind.N]`: tables of one kind by the names that the pipeline gives them.
#[derive(Debug)]
pub(crate) struct Named<T>(pub Vec<(Name, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Table> Shape for Named<T> {
    fn wanted() -> String {
        "a table of tables".to_owned()
    }

    fn wanted_many() -> String {
        "tables of tables".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(tables) = node.get_ref() else {
            wrong_type::<Self>(node, at, None, reader);
            return None;
        };
        let mut read = Vec::with_capacity(tables.len());
        for (key, node) in in_order(tables) {
            let name = key.get_ref().as_ref();
            if let Err(complaint) = name::check(name) {
                let message = format!("`{}.{}` {}", at.key, shorten(name), complaint);
                reader
                    .problems
                    .add_with(|| Diagnostic::error(message, key.span()).hint(name::RULE));
            }
            let path = format!("{}.{name}", at.key);
            let DeValue::Table(table) = node.get_ref() else {
                not_a_table(&path, at.key, key, node, reader);
                continue;
            };
            let value = T::read_table(table, &path, key.span(), reader);
            read.push((Spanned::new(name.to_owned(), key.span()), value));
        }
        Some(Self(read))
    }

    fn schema() -> Json {
        json!({
            "type": "object",
            "propertyNames": { "pattern": name::PATTERN },
            "additionalProperties": schema::<T>(),
        })
    }
}

fn not_a_table(
    path: &str,
    kind: &str,
    key: &crate::syntax::Key<'_>,
    node: &Node<'_>,
    reader: &mut Reader<'_>,
) {
    let found = crate::shape::type_name(node.get_ref());
    let hint = match (kind, node.get_ref()) {
        ("plugins", DeValue::String(path)) => format!(
            "write `{} = {{ path = {:?} }}`",
            shorten(key.get_ref()),
            shorten(path)
        ),

        (_, DeValue::Array(list)) if list.iter().all(|item| item.get_ref().is_table()) => {
            format!("write `[{path}]` in single brackets")
        }
        _ => format!("each has a name and a table of its own, as in `[{kind}.example]`"),
    };
    reader.problems.add_with(|| {
        Diagnostic::error(
            format!("`{}` must be a table, found {found}", shorten(path)),
            key.span(),
        )
        .hint(hint)
    });
}
