//! Lengths of time as a pipeline writes them.

use crate::Problem;

/// The units, with their length in milliseconds. `ms` stands before `s`, which it ends with.
const UNITS: [(&str, f64); 4] = [
    ("ms", 1.0),
    ("s", 1_000.0),
    ("m", 60_000.0),
    ("h", 3_600_000.0),
];

/// The longest that anything is measured: a day.
const LONGEST_MS: f64 = 24.0 * 3_600_000.0;

/// Reads `500ms`, `1.5s` or `1m`, in whole milliseconds; a day at most.
///
/// # Errors
///
/// That it is no such length, at `setting`.
pub fn milliseconds(setting: &str, text: &str) -> Result<u32, Problem> {
    let read = UNITS.iter().find_map(|(unit, length)| {
        let number = text.strip_suffix(unit)?;
        let is_plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
        let number: f64 = number.parse().ok().filter(|_| is_plain)?;
        Some((number * length).round())
    });
    match read {
        // A day of milliseconds fits.
        Some(length) if (0.0..=LONGEST_MS).contains(&length) => Ok(length as u32),
        Some(_) => Err(Problem::new(format!("`{text}` is longer than a day"))
            .at(setting)
            .hint("measure for less long: `24h` at most")),
        None => Err(
            Problem::new(format!("`{}` is no length of time", text.escape_debug()))
                .at(setting)
                .hint("write a number and `ms`, `s`, `m` or `h`, such as `500ms`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, length) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("1.5s", 1_500),
            ("1m", 60_000),
            ("24h", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(milliseconds("duration", text), Ok(length), "{text}");
        }
        for text in [
            "", "5", "s", "5 s", "-1s", "1e3s", "infs", "NaNs", "1.2.3s", "5d", "25h",
        ] {
            let problem = milliseconds("duration", text).unwrap_err();
            assert_eq!(problem.setting.as_deref(), Some("duration"), "{text}");
        }
    }
}
