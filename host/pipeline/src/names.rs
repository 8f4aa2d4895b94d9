//! The names that tables of one kind have, and what to say of one that none of them has. What the
//! tables hold is not known here.

use std::collections::{HashMap, HashSet};

use orch_model::{Diagnostic, Name, Spanned};

use crate::nearest;
use crate::problems::Problems;
use crate::syntax::shorten;

/// The names of one kind of table.
pub(crate) struct Names {
    kind: &'static str,
    ordered: Vec<String>,
    set: HashSet<String>,
}

impl Names {
    /// Of tables as they are written, sound or not.
    pub fn of<T>(kind: &'static str, tables: &[(Name, T)]) -> Self {
        Self::new(kind, tables.iter().map(|(name, _)| name.value.clone()))
    }

    /// Of one kind, in the order in which they are shown.
    pub fn new(kind: &'static str, names: impl IntoIterator<Item = String>) -> Self {
        let ordered: Vec<String> = names.into_iter().collect();
        let set = ordered.iter().cloned().collect();
        Self { kind, ordered, set }
    }

    /// Complains about names that no table has, and about those that are there twice.
    pub fn check(&self, wanting: &str, names: &[Spanned<String>], problems: &mut Problems) {
        twice(wanting, names, problems);
        for name in names {
            self.known(wanting, name, problems);
        }
    }

    /// Complains about a name that no table has.
    pub fn known(&self, wanting: &str, name: &Spanned<String>, problems: &mut Problems) {
        if self.set.contains(&name.value) {
            return;
        }
        let kind = self.kind;
        problems.add_with(|| {
            let shown = shorten(name);
            let known = self.ordered.iter().map(String::as_str);
            let message = format!("{wanting} names the {kind} `{shown}`, which is not there");
            let all = format!("the {kind}s of this pipeline are");
            let hint = nearest::hint(name, known, &all)
                .unwrap_or_else(|| format!("add a table `[{kind}.{shown}]`"));
            Diagnostic::error(message, name.span.clone()).hint(hint)
        });
    }

    /// Complains about a node, as `fleet.edge`, that no table has; see [`no_such_node`].
    pub fn node(&self, what: &str, node: &Spanned<String>, problems: &mut Problems) -> bool {
        let kind = self.kind;
        let bare = node.strip_prefix(kind);
        let bare = bare.and_then(|rest| rest.strip_prefix('.'));
        let known = bare.is_some_and(|name| self.set.contains(name));
        if !known {
            let names = self.ordered.iter().map(String::as_str);
            problems.add_with(|| no_such_node(kind, what, node, names));
        }
        known
    }
}

/// The complaint about a node of one kind that no table has; `what` goes on to its name, as in
/// `deploy x goes to`.
pub(crate) fn no_such_node<'a>(
    kind: &str,
    what: &str,
    node: &Spanned<String>,
    names: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let nodes: Vec<String> = names.map(|name| format!("{kind}.{name}")).collect();
    let known = nodes.iter().map(String::as_str);
    let message = format!("{what} `{}`, which is no {kind}", shorten(node));
    let hint = nearest::hint(node, known, &format!("the {kind}s are"))
        .unwrap_or_else(|| format!("add a `[{kind}.…]` table"));
    Diagnostic::error(message, node.span.clone()).hint(hint)
}

/// Complains about names that are there twice.
pub(crate) fn twice(wanting: &str, names: &[Spanned<String>], problems: &mut Problems) {
    let mut seen = HashMap::new();
    for name in names {
        if let Some(first) = seen.insert(name.value.as_str(), name) {
            let message = format!("{wanting} names `{}` twice", shorten(name));
            problems.add(
                Diagnostic::error(message, name.span.clone())
                    .label("again here")
                    .also(first.span.clone(), "first here"),
            );
        }
    }
}
