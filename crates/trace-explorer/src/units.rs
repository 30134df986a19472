//! Durations and times as people read them.

use time::OffsetDateTime;

/// A duration with three significant digits: `0 ns`, `1.23 ms`, `45.6 s`, `2 min 5 s`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn duration(nanos: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s")];
    match nanos {
        0..1_000 => return format!("{nanos} ns"),
        59_950_000_000.. => return long_duration(nanos),
        _ => {}
    }
    // A value that rounds up to 1000 is shown in the next unit.
    let (unit, name) =
        UNITS.into_iter().find(|(unit, _)| nanos as f64 / (*unit as f64) < 999.5).unwrap_or(UNITS[2]);
    let value = nanos as f64 / unit as f64;
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    let digits = format!("{value:.decimals$}");
    let digits = if decimals > 0 { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits} {name}")
}

fn long_duration(nanos: u64) -> String {
    let seconds = nanos.saturating_add(500_000_000) / 1_000_000_000;
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A point in time in UTC, to the millisecond: `2026-01-31 12:00:00.123`.
#[must_use]
pub fn time(unix_nano: u64) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_nano)) else {
        return format!("{unix_nano} ns");
    };
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}.{:03}", time.date(), time.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_three_digits_at_most() {
        let check = |nanos, text: &str| assert_eq!(duration(nanos), text);
        check(0, "0 ns");
        check(999, "999 ns");
        check(1_000, "1 µs");
        check(1_230_000, "1.23 ms");
        check(12_345_678, "12.3 ms");
        check(123_456_789, "123 ms");
        check(999_600_000, "1 s");
        check(9_996_000_000, "10 s");
        check(59_960_000_000, "1 min 0 s");
        check(125_400_000_000, "2 min 5 s");
        check(7_260_000_000_000, "2 h 1 min");
        check(u64::MAX, "5124095 h 34 min");
    }

    #[test]
    fn a_time_is_utc() {
        assert_eq!(time(1_544_712_660_123_999_999), "2018-12-13 14:51:00.123");
        assert_eq!(time(u64::MAX), "2554-07-21 23:34:33.709");
    }
}
