//! What to say of a name that is not known.

use orch_model::nearest;

/// ``did you mean `x`?`` for the nearest known name, or else all that are known.
pub(crate) fn hint<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    all: &str,
) -> Option<String> {
    if let Some(meant) = nearest(name, known.clone()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let mut names: Vec<_> = known
        .into_iter()
        .take(31)
        .map(|n| format!("`{n}`"))
        .collect();
    if names.is_empty() {
        return None;
    }
    if names.len() == 31 {
        names[30] = "…".to_owned();
    }
    Some(format!("{all} {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_or_all_there_are() {
        let known = ["pi5", "graviton", "musl", "x"];
        assert_eq!(
            hint("pi6", known, "there are").unwrap(),
            "did you mean `pi5`?"
        );
        assert_eq!(
            hint("kunpeng", known, "there are").unwrap(),
            "there are `pi5`, `graviton`, `musl`, `x`"
        );
    }
}
