//! Debian's versions: their order, and the release that one stands for.
//! <https://www.debian.org/doc/debian-policy/ch-controlfields.html#version>

use std::cmp::Ordering;

use semver::{BuildMetadata, Version};

/// How two versions stand to each other.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a) = epoch(a);
    let (b_epoch, b) = epoch(b);
    let (a_upstream, a_revision) = revision(a);
    let (b_upstream, b_revision) = revision(b);
    by_number(a_epoch, b_epoch)
        .then_with(|| part(a_upstream, b_upstream))
        .then_with(|| part(a_revision, b_revision))
}

/// The release that a package's version stands for: the numbers that its upstream version
/// begins with, and behind `+` the whole of it, with `-` for what cannot stand there.
/// `4:12.2.0-3` is `12.2.0+4-12.2.0-3`.
pub(crate) fn release(version: &str) -> Version {
    let (upstream, _) = revision(epoch(version).1);
    let mut numbers = upstream.split('.').map(leading_number);
    let mut next = || numbers.next().flatten().unwrap_or_default();
    let (major, minor, patch) = (next(), next(), next());
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let whole: Vec<String> = version
        .split('.')
        .filter(|part| !part.is_empty())
        .map(|part| part.chars().map(fits).collect())
        .collect();
    Version {
        build: BuildMetadata::new(&whole.join(".")).unwrap_or_default(),
        ..Version::new(major, minor, patch)
    }
}

fn leading_number(part: &str) -> Option<u64> {
    let end = part.find(|c: char| !c.is_ascii_digit());
    part[..end.unwrap_or(part.len())].parse().ok()
}

fn epoch(version: &str) -> (&str, &str) {
    version.split_once(':').unwrap_or(("0", version))
}

fn revision(version: &str) -> (&str, &str) {
    version.rsplit_once('-').unwrap_or((version, "0"))
}

/// Compares what is no digit and what is digits in turns.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (a_text, a_rest) = split(a, |c| !c.is_ascii_digit());
        let (b_text, b_rest) = split(b, |c| !c.is_ascii_digit());
        let (a_number, a_after) = split(a_rest, |c| c.is_ascii_digit());
        let (b_number, b_after) = split(b_rest, |c| c.is_ascii_digit());
        let ordering = by_letters(a_text, b_text).then_with(|| by_number(a_number, b_number));
        if ordering != Ordering::Equal {
            return ordering;
        }
        (a, b) = (a_after, b_after);
    }
    Ordering::Equal
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c));
    text.split_at(end.unwrap_or(text.len()))
}

/// `~` stands before the end, that before letters, and those before all other signs.
fn by_letters(a: &str, b: &str) -> Ordering {
    let weight = |c: char| match c {
        '~' => -1,
        c if c.is_ascii_alphabetic() => i64::from(u32::from(c)),
        c => i64::from(u32::from(c)) + 256,
    };
    let mut a = a.chars().map(weight);
    let mut b = b.chars().map(weight);
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => match a.unwrap_or(0).cmp(&b.unwrap_or(0)) {
                Ordering::Equal => {}
                other => return other,
            },
        }
    }
}

/// Numbers of any length; nothing is zero.
fn by_number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_dpkgs_order() {
        for (less, more) in [
            ("1.0~rc1", "1.0"),
            ("1.0~~", "1.0~"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0+"),
            ("1.0-1", "1.0-1+b1"),
            ("1.0-1~deb12u1", "1.0-1"),
            ("1.9", "1.10"),
            ("9:0", "10:0"),
            ("2.0", "1:0.1"),
            ("12.2.0-1~", "12.2.0-14cross1"),
            ("2.39.90.20230104", "2.40-2"),
        ] {
            assert_eq!(compare(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(compare(more, less), Ordering::Greater, "{more} {less}");
        }
        for (a, b) in [("1.0", "0:1.0-0"), ("1.01", "1.1"), ("1", "1-")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    /// Every text of up to so many letters that mean something in a version.
    fn texts(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut longest = all.clone();
        for _ in 0..length {
            let longer = longest.iter().flat_map(|text| {
                ["~", "a", "+", "0", "1", "-", ":"].map(|letter| format!("{text}{letter}"))
            });
            longest = longer.collect();
            all.extend(longest.clone());
        }
        all
    }

    #[test]
    fn the_order_is_one() {
        let texts = texts(3);
        for a in &texts {
            assert_eq!(compare(a, a), Ordering::Equal, "{a}");
            for b in &texts {
                assert_eq!(compare(a, b), compare(b, a).reverse(), "{a} {b}");
            }
        }
        // In a sorted list everything behind stands behind: the order has no circle.
        let mut sorted = texts;
        sorted.sort_by(|a, b| compare(a, b));
        for (index, a) in sorted.iter().enumerate() {
            for b in &sorted[index..] {
                assert_ne!(compare(a, b), Ordering::Greater, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_version_stands_for_a_release() {
        for (version, expected) in [
            ("4:12.2.0-3", "12.2.0+4-12.2.0-3"),
            ("15:12.2.rel1-1", "12.2.0+15-12.2.rel1-1"),
            ("2.36-8cross1", "2.36.0+2.36-8cross1"),
            ("1:1.2.13.dfsg-1", "1.2.13+1-1.2.13.dfsg-1"),
            ("0~20230104..x", "0.0.0+0-20230104.x"),
        ] {
            assert_eq!(release(version).to_string(), expected);
        }
    }
}
