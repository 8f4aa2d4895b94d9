//! The known name that a misspelt one probably meant.

/// The closest of `known` to `name`, if one is close enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_close_names_are_meant() {
        let known = ["pi5", "graviton", "musl"];
        assert_eq!(nearest("pi6", known), Some("pi5"));
        assert_eq!(nearest("gravitom", known), Some("graviton"));
        assert_eq!(nearest("kunpeng", known), None);
    }
}
