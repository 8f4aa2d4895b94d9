//! When something was, for people.

const DAY_S: i64 = 86_400;

/// The day of a time in seconds since 1970-01-01, UTC: `2026-11-21`. The arithmetic is
/// `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>.
pub(super) fn human_day(time_s: i64) -> String {
    let days = time_s.div_euclid(DAY_S) + 719_468; // Since 0000-03-01.
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153; // 0 is March.
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year_of_era + era * 400 + next_year;
    format!("{year:04}-{month:02}-{day:02}")
}

/// The minute of a time in seconds since 1970-01-01: `2026-11-21 20:23 UTC`.
pub fn human_minute(time_s: i64) -> String {
    let seconds = time_s.rem_euclid(DAY_S);
    let (hour, minute) = (seconds / 3600, seconds % 3600 / 60);
    format!("{} {hour:02}:{minute:02} UTC", human_day(time_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_on_a_calendar() {
        for (time_s, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (-1, "1969-12-31 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_795_292_580, "2026-11-21 20:23 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
        ] {
            assert_eq!(human_minute(time_s), text);
        }
        assert!(
            human_day(i64::MAX).ends_with("-04"),
            "{}",
            human_day(i64::MAX)
        );
    }
}
