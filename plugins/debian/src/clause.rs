//! What a package states of others: `libc6-dev | libc-dev (>= 2.36)`.
//! <https://www.debian.org/doc/debian-policy/ch-relationships.html>

use std::cmp::Ordering;
use std::fmt;

use crate::version::compare;

/// One item of a field: any of the alternatives will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) alternatives: Vec<Relation>,
    /// As it was written.
    text: String,
}

/// A package by name, with the versions of it that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) name: String,
    /// Any version if none.
    bound: Option<(Operator, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Earlier,
    AtMost,
    Exactly,
    AtLeast,
    Later,
}

impl Clause {
    /// Reads an item; none if it says nothing that can be understood.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let alternatives: Option<Vec<_>> = text.split('|').map(Relation::parse).collect();
        Some(Self {
            alternatives: alternatives?,
            text: text.trim().to_owned(),
        })
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Relation {
    fn parse(text: &str) -> Option<Self> {
        // `[amd64]` and `<!nocheck>` stand in sources only; `:any` is about architectures.
        let (name, rest) = match text.split_once('(') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        let name = name.split([':', '[', '<']).next()?.trim();
        if name.is_empty() {
            return None;
        }
        let bound = match rest {
            Some(rest) => Some(bound(rest.split(')').next()?)?),
            None => None,
        };
        Some(Self {
            name: name.to_owned(),
            bound,
        })
    }

    /// Whether a version is one of those that are meant.
    pub(crate) fn takes(&self, version: &str) -> bool {
        let Some((operator, bound)) = &self.bound else {
            return true;
        };
        let ordering = compare(version, bound);
        match operator {
            Operator::Earlier => ordering == Ordering::Less,
            Operator::AtMost => ordering != Ordering::Greater,
            Operator::Exactly => ordering == Ordering::Equal,
            Operator::AtLeast => ordering != Ordering::Less,
            Operator::Later => ordering == Ordering::Greater,
        }
    }

    /// Whether what a package provides is meant: a name, or a name and its version.
    pub(crate) fn is_provided_by(&self, provided: &str) -> bool {
        let Some(provided) = Self::parse(provided) else {
            return false;
        };
        provided.name == self.name
            && match (&self.bound, &provided.bound) {
                (None, _) => true,
                (Some(_), Some((Operator::Exactly, version))) => self.takes(version),
                (Some(_), _) => false,
            }
    }

    /// The lowest version that is meant, if there is one.
    pub(crate) fn at_least(&self) -> Option<&str> {
        match &self.bound {
            Some((Operator::AtLeast, version)) => Some(version),
            _ => None,
        }
    }
}

fn bound(text: &str) -> Option<(Operator, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !"<>=".contains(c))?;
    let (operator, version) = text.split_at(end);
    let operator = match operator {
        "<<" => Operator::Earlier,
        "<=" | "<" => Operator::AtMost,
        "=" => Operator::Exactly,
        ">=" | ">" => Operator::AtLeast,
        ">>" => Operator::Later,
        _ => return None,
    };
    Some((operator, version.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read() {
        let clause = Clause::parse(" libc6-dev (>= 2.36) | libc-dev:any ").unwrap();
        assert_eq!(clause.to_string(), "libc6-dev (>= 2.36) | libc-dev:any");
        let [first, second] = clause.alternatives.as_slice() else {
            panic!("{clause:?}");
        };
        assert!(first.takes("2.36-9") && !first.takes("2.35"));
        assert_eq!(first.at_least(), Some("2.36"));
        assert_eq!(second.name, "libc-dev");
        assert!(second.takes("0"));
        for wrong in ["", " | a", "a (2)", "a ()", "a (~ 1)"] {
            assert_eq!(Clause::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bounds_take_versions() {
        let takes = |text: &str, version| Relation::parse(text).unwrap().takes(version);
        assert!(takes("a (<< 2)", "2~") && !takes("a (<< 2)", "2"));
        assert!(takes("a (<= 2)", "2") && !takes("a (<= 2)", "2-1"));
        assert!(takes("a (= 1:2)", "1:2") && !takes("a (= 1:2)", "2"));
        assert!(takes("a (>> 2)", "2+b1") && !takes("a (>> 2)", "2"));
    }

    #[test]
    fn what_is_provided_counts_by_name_and_version() {
        let relation = |text: &str| Relation::parse(text).unwrap();
        assert!(relation("libc-dev").is_provided_by("libc-dev (= 2.36)"));
        assert!(relation("libc-dev (>= 2)").is_provided_by("libc-dev (= 2.36)"));
        assert!(!relation("libc-dev (>= 3)").is_provided_by("libc-dev (= 2.36)"));
        assert!(!relation("libc-dev (>= 2)").is_provided_by("libc-dev"));
        assert!(!relation("libc-dev").is_provided_by("libc6-dev"));
    }
}
