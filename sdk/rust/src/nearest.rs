//! The known name that a misspelt one probably meant.

/// The closest of the known names, if at most a third of the letters differ.
pub fn nearest(name: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (distance(name, &candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().min(name.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken away or changed (Levenshtein's distance).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, one) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (at, other) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(one != other);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen() {
        let known = || {
            vec![
                "gcc-aarch64-linux-gnu".to_owned(),
                "gdb-multiarch".to_owned(),
            ]
        };
        let slip = nearest("gcc-arch64-linux-gnu", known());
        assert_eq!(slip.as_deref(), Some("gcc-aarch64-linux-gnu"));
        assert_eq!(nearest("zlib1g-dev", known()), None);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
