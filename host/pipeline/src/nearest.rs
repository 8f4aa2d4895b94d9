//! The known name that a misspelt one probably meant.

/// The closest of `known` to `name`, if one is close enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody misspells a name of this length; comparing would cost its square.
    if name.len() > 100 {
        return None;
    }
    known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= name.len().max(3) / 2)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

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
    fn only_close_names_are_meant() {
        let known = ["pi5", "graviton", "musl", "x"];
        assert_eq!(nearest("pi6", known), Some("pi5"));
        assert_eq!(nearest("gravitom", known), Some("graviton"));
        assert_eq!(nearest("kunpeng", known), None);
        assert_eq!(nearest("", known), Some("x"));
        assert_eq!(
            hint("kunpeng", known, "there are").unwrap(),
            "there are `pi5`, `graviton`, `musl`, `x`"
        );
    }
}
