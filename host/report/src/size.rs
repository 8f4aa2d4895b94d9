//! Sizes as people read them, in powers of ten: 1 kB is 1,000 bytes, as on a disk's box and
//! in a network's rate.

const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];

/// `512 B`, `4.6 MB`: bytes as they are, larger units with one decimal.
pub fn human_bytes(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be printed as `1000.0`: it belongs to the next unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_on_a_disk() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (4_612_345, "4.6 MB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (72_000_000, "72.0 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}
