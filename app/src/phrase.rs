//! Numbers and spans in words: short, exact, of one width where they tick.
//!
//! Not the place for days and times of day; those are in [`crate::calendar`].

/// Up to here minutes are told as minutes: a time-out of 60 minutes and its 63 belong in one unit.
const MINUTES_UP_TO: i64 = 100;
/// Up to here hours are told as hours.
const HOURS_UP_TO: i64 = 48;

/// A span in the one unit that a reader needs: `14 s`, `63 min`, `19 h`, `11 d`. Never negative.
#[must_use]
pub fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    let minutes = seconds / 60;
    let hours = minutes / 60;
    if seconds < 60 {
        format!("{seconds} s")
    } else if minutes < MINUTES_UP_TO {
        format!("{minutes} min")
    } else if hours < HOURS_UP_TO {
        format!("{hours} h")
    } else {
        format!("{} d", grouped(usize::try_from(hours / 24).unwrap_or(usize::MAX)))
    }
}

/// A count with its thousands apart: `61,204`.
#[must_use]
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How far behind a screen is: `0.1 s`, with one decimal below ten seconds, so that its width stands still.
#[must_use]
pub fn behind(ms: i64) -> String {
    let tenths = (ms.max(0) + 50) / 100;
    if tenths < 100 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        span(ms)
    }
}

/// A count and its word: `1 agent`, `1,902 agents`.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_one_unit() {
        for (ms, expected) in [
            (-5, "0 s"),
            (999, "0 s"),
            (14_000, "14 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (63 * 60_000, "63 min"),
            (100 * 60_000, "1 h"),
            (19 * 3_600_000, "19 h"),
            (48 * 3_600_000, "2 d"),
            (11 * 86_400_000, "11 d"),
            (1_234 * 86_400_000, "1,234 d"),
        ] {
            assert_eq!(span(ms), expected);
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1_902, "1,902"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(count), expected);
        }
    }

    #[test]
    fn being_behind_has_a_decimal_while_it_is_short() {
        assert_eq!(behind(104), "0.1 s");
        assert_eq!(behind(1_260), "1.3 s");
        assert_eq!(behind(42_000), "42 s");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "agent", "agents"), "1 agent");
        assert_eq!(counted(0, "agent", "agents"), "0 agents");
    }
}
