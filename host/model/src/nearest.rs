//! The known name that a misspelt one probably meant.

/// Nobody misspells a longer name, in bytes; comparing would cost its square.
const LONGEST: usize = 100;

/// The closest of `known` to `name`, if one is close enough to be meant: up to a third of the letters may
/// differ.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= name.len().max(3) / 2)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
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
        assert_eq!(nearest("y", known), None);
        assert_eq!(nearest(&"x".repeat(LONGEST + 1), known), None);
    }
}
