//! What to say of a name that is not known.

use orch_model::nearest;

/// The hint for an unknown name: the one that was meant, and where all are listed.
pub(crate) fn hint<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    listed_by: &str,
) -> String {
    match nearest(name, known) {
        Some(meant) => format!("did you mean `{meant}`? {listed_by}"),
        None => listed_by.to_owned(),
    }
}
