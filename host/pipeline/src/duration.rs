//! How long something may take, as a pipeline writes it: a whole number and a unit.

/// The units with their length in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Nothing that `orch` waits for takes longer: a year.
const MAXIMUM_MS: u64 = 365 * 24 * 3_600_000;

/// Milliseconds of `500ms`, `30s`, `5m` or `2h`. The error is the end of a sentence.
pub(crate) fn milliseconds(text: &str) -> Result<u64, &'static str> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
    let (Some((_, length)), false) = (unit, number.is_empty()) else {
        return Err("is no time");
    };
    let total = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*length))
        .filter(|total| *total <= MAXIMUM_MS)
        .ok_or("is longer than a year")?;
    match total {
        0 => Err("is no time at all"),
        total => Ok(total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        for (text, expected) in [
            ("500ms", Ok(500)),
            ("30s", Ok(30_000)),
            ("5 m", Ok(300_000)),
            ("2h", Ok(7_200_000)),
            ("30", Err("is no time")),
            ("s", Err("is no time")),
            ("1.5s", Err("is no time")),
            ("-1s", Err("is no time")),
            ("", Err("is no time")),
            ("0s", Err("is no time at all")),
            ("99999999999999999999h", Err("is longer than a year")),
            ("9000h", Err("is longer than a year")),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
