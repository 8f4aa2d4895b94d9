//! Ages and sizes as the command line takes them.

use std::time::Duration;

const AGES: [(&str, u64); 5] = [
    ("s", 1),
    ("m", 60),
    ("h", 60 * 60),
    ("d", 24 * 60 * 60),
    ("w", 7 * 24 * 60 * 60),
];

/// Powers of ten, as sizes are printed.
const SIZES: [(&str, u64); 5] = [
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// `30d` or `12h`.
pub fn age(text: &str) -> Result<Duration, String> {
    number(text, &AGES)
        .map(Duration::from_secs)
        .ok_or_else(|| "write a number and `s`, `m`, `h`, `d` or `w`, such as `30d`".to_owned())
}

/// `10GB` or `500MB`, in bytes.
pub fn bytes(text: &str) -> Result<u64, String> {
    number(text, &SIZES).ok_or_else(|| {
        "write a number and `B`, `kB`, `MB`, `GB` or `TB`, such as `10GB`".to_owned()
    })
}

fn number(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, factor) = units
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_have_units() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(age("0s"), Ok(Duration::ZERO));
        assert_eq!(bytes("10GB"), Ok(10_000_000_000));
        assert_eq!(bytes("5kb"), Ok(5_000));
        for wrong in ["", "d", "30", "30x", "-3d", "99999999999999999999d", "3 d"] {
            assert!(age(wrong).is_err(), "{wrong}");
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
