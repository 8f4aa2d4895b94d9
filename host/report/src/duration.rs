//! Durations as people read them.

use std::time::Duration;

/// `<1 ms`, `35 ms`, `2.1 s`, `1 min 05 s`, `2 h 03 min`.
pub fn human_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds == 0 {
        return "<1 ms".to_owned();
    }
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    // 59.95 s would be printed as `60.0 s`: it belongs to the minutes.
    if milliseconds < 59_950 {
        return format!("{:.1} s", milliseconds as f64 / 1000.0);
    }
    let seconds = (milliseconds + 500) / 1000;
    if seconds < 3600 {
        return format!("{} min {:02} s", seconds / 60, seconds % 60);
    }
    format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (milliseconds, text) in [
            (0, "<1 ms"),
            (1, "1 ms"),
            (35, "35 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (2149, "2.1 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min 00 s"),
            (65_000, "1 min 05 s"),
            (3_599_400, "59 min 59 s"),
            (3_599_500, "1 h 00 min"),
            (7_380_000, "2 h 03 min"),
        ] {
            assert_eq!(human_duration(Duration::from_millis(milliseconds)), text);
        }
        assert_eq!(human_duration(Duration::from_micros(900)), "<1 ms");
    }
}
