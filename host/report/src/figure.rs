//! Measured values as people read them, in the unit that fits their size.

/// From here on a number is told by its power of ten: its digits would fill a line.
const HUGE: f64 = 1e15;

/// A unit that values are told in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit<'a> {
    /// As it stands behind a number; empty for plain numbers.
    pub(crate) name: &'a str,
    /// How much of the metric's own unit one of it is.
    pub(crate) size: f64,
}

/// The unit in which a value of about this size reads best.
pub(crate) fn fitting_unit(value: f64, unit: &str) -> Unit<'_> {
    let units: &[(&str, f64)] = match unit {
        "ns" => &[("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)],
        "B" => &[("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)],
        // As Go's benchmarks write it.
        "ns/op" => &[
            ("ns/op", 1.0),
            ("µs/op", 1e3),
            ("ms/op", 1e6),
            ("s/op", 1e9),
        ],
        "B/op" => &[
            ("B/op", 1.0),
            ("kB/op", 1e3),
            ("MB/op", 1e6),
            ("GB/op", 1e9),
        ],
        unit => &[(unit, 1.0)],
    };
    let fitting = units.iter().rev().find(|(_, size)| value.abs() >= *size);
    let (name, size) = *fitting.unwrap_or(&units[0]);
    Unit { name, size }
}

/// A value with its unit: `2.31 ms`, `4.61 MB`, `12,300 requests/s`. Three digits count: what is
/// beyond them is noise in most measurements, and what is exact is told by its change.
pub fn human_value(value: f64, unit: &str) -> String {
    let unit = fitting_unit(value, unit);
    let number = plain(value / unit.size);
    match unit.name {
        "" => number,
        name => format!("{number} {name}"),
    }
}

/// A change with its sign: `+10.2 %`, `±0 %`.
pub(crate) fn human_change(fraction: f64) -> String {
    let percent = 100.0 * fraction;
    match percent.abs() {
        0.0 => "±0 %".to_owned(),
        small if small < 0.05 => format!("{percent:+.3} %"),
        _ => format!("{percent:+.1} %"),
    }
}

/// From one value or change to another, with a unit that both have told once: `2.31 … 2.40 ms`.
pub(crate) fn range(low: &str, high: &str) -> String {
    match (low.split_once(' '), high.split_once(' ')) {
        _ if low == high => low.to_owned(),
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number} … {high}"),
        _ => format!("{low} … {high}"),
    }
}

/// Three digits, and thousands apart.
fn plain(value: f64) -> String {
    let magnitude = value.abs();
    if !value.is_finite() || magnitude >= HUGE {
        return format!("{value:.2e}");
    }
    if magnitude != 0.0 && magnitude < 100.0 && value.fract() != 0.0 {
        return match magnitude {
            small if small < 0.01 => format!("{value:.2e}"),
            small if small < 10.0 => format!("{value:.2}"),
            _ => format!("{value:.1}"),
        };
    }
    grouped(value)
}

/// A whole number with its thousands apart.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match value < 0.0 {
        true => format!("-{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        for (value, unit, text) in [
            (2_310_000.0, "ns", "2.31 ms"),
            (412.0, "ns", "412 ns"),
            (21_900_000_000.0, "ns", "21.9 s"),
            (4_612_345.0, "B", "4.61 MB"),
            (12_345.6, "requests/s", "12,346 requests/s"),
            (1_136_840.0, "ns/op", "1.14 ms/op"),
            (304_420.0, "B/op", "304 kB/op"),
            (0.0, "", "0"),
            (0.000_123, "", "1.23e-4"),
            (-7.25, "", "-7.25"),
            (1e300, "", "1.00e300"),
            (f64::NAN, "ns", "NaN ns"),
            (f64::INFINITY, "ns", "inf s"),
        ] {
            assert_eq!(human_value(value, unit), text);
        }
    }

    #[test]
    fn a_range_tells_its_unit_once() {
        for (low, high, text) in [
            ("2.31 ms", "2.40 ms", "2.31 … 2.40 ms"),
            ("950 µs", "1.20 ms", "950 µs … 1.20 ms"),
            ("1.20 ms", "1.20 ms", "1.20 ms"),
            ("7", "8", "7 … 8"),
        ] {
            assert_eq!(range(low, high), text);
        }
    }

    #[test]
    fn changes_have_a_sign() {
        assert_eq!(human_change(0.102), "+10.2 %");
        assert_eq!(human_change(-0.0001), "-0.010 %");
        assert_eq!(human_change(0.0), "±0 %");
    }
}
