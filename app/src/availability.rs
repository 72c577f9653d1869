//! How a period divides into online, offline and unknown, as the console tells it: three shares that add up, and
//! a line on when the server was blind.

use rollcall_shared::console_api::Availability;

use crate::phrase;

/// All of a period, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// A period that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    /// Its name in the address bar.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The one of that name, or the shortest.
    #[must_use]
    pub fn from_key(key: &str) -> Self {
        let named = Self::ALL.into_iter().find(|period| period.key() == key);
        named.unwrap_or_default()
    }

    /// How long it is, in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        const HOUR: i64 = 3_600_000;
        match self {
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
            Self::Month => 30 * 24 * HOUR,
        }
    }
}

/// Online, offline and unknown in hundredths of a percent, which add up to the whole; nothing where there is no
/// time to divide. What there was is never told as nothing: the largest share gives the hundredth for it.
#[must_use]
pub fn shares(told: &Availability) -> Option<[i64; 3]> {
    /// Three thousand years: longer than any period, and no product of it overflows.
    const LONGEST_MS: i64 = 100_000_000_000_000;
    let spans = [told.online_ms, told.offline_ms, told.unknown_ms].map(|ms| ms.clamp(0, LONGEST_MS));
    let total: i64 = spans.iter().sum();
    if total == 0 {
        return None;
    }
    let largest = (0..3).fold(0, |best, at| if spans[at] > spans[best] { at } else { best });
    let mut shares = spans.map(|ms| {
        let rounded = (ms * WHOLE + total / 2) / total;
        rounded.max(i64::from(ms > 0))
    });
    let others = shares.iter().sum::<i64>() - shares[largest];
    shares[largest] = WHOLE - others;
    Some(shares)
}

/// A share in words: `98.71 %`, `100 %`, `0 %`.
#[must_use]
pub fn percent(share: i64) -> String {
    if share % 100 == 0 {
        format!("{} %", share / 100)
    } else {
        format!("{}.{:02} %", share / 100, share % 100)
    }
}

/// How wide the part of the bar for a share is, for the stylesheet.
#[must_use]
pub fn width(share: i64) -> String {
    format!("{}.{:02}%", share / 100, share % 100)
}

/// What is to be known of the period: that the agent is younger than it, and when the server was blind.
#[must_use]
pub fn note(told: &Availability, period: Period) -> String {
    /// The server's clock and the screen's estimate of it differ by less.
    const SLACK_MS: i64 = 60_000;
    let covered = told.to_ms - told.from_ms;
    let young = if covered + SLACK_MS < period.ms() {
        format!("First heard {} ago. ", phrase::span(covered))
    } else {
        String::new()
    };
    let blind = phrase::span(told.blind.iter().map(|span| span.to_ms - span.from_ms).sum());
    match told.blind.len() {
        0 => format!("{young}The server was never blind."),
        1 => format!("{young}The server was blind once, for {blind}."),
        times => format!(
            "{young}The server was blind {} times, for {blind} in all.",
            phrase::grouped(times)
        ),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::{BlindReason, BlindSpan};

    use super::*;

    fn told(online_ms: i64, offline_ms: i64, unknown_ms: i64) -> Availability {
        Availability {
            from_ms: 0,
            to_ms: online_ms + offline_ms + unknown_ms,
            online_ms,
            offline_ms,
            unknown_ms,
            blind: Vec::new(),
        }
    }

    #[test]
    fn the_three_shares_add_up_and_nothing_is_rounded_away() {
        for (spans, expected) in [
            ((1, 1, 1), [3_334, 3_333, 3_333]),
            ((100, 0, 0), [10_000, 0, 0]),
            ((0, 0, 7), [0, 0, 10_000]),
            ((2_592_000_000, 1, 0), [9_999, 1, 0]),
            ((1, 2_592_000_000, 1), [1, 9_998, 1]),
            ((9_871, 126, 3), [9_871, 126, 3]),
        ] {
            let shares = shares(&told(spans.0, spans.1, spans.2)).unwrap();
            assert_eq!(shares, expected, "{spans:?}");
            assert_eq!(shares.iter().sum::<i64>(), WHOLE);
        }
        assert_eq!(shares(&told(0, 0, 0)), None);
        assert_eq!(shares(&told(-5, 0, 0)), None);
        assert!(shares(&told(i64::MAX / 4, i64::MAX / 4, 1)).is_some());
    }

    #[test]
    fn a_share_has_decimals_only_where_it_needs_them() {
        assert_eq!(percent(9_871), "98.71 %");
        assert_eq!(percent(10_000), "100 %");
        assert_eq!(percent(3), "0.03 %");
        assert_eq!(percent(0), "0 %");
        assert_eq!(width(3), "0.03%");
        assert_eq!(width(10_000), "100.00%");
    }

    #[test]
    fn blind_time_and_a_young_agent_are_told() {
        let mut told = told(Period::Day.ms(), 0, 0);
        assert_eq!(note(&told, Period::Day), "The server was never blind.");
        let span = BlindSpan {
            from_ms: 0,
            to_ms: 24_000,
            reason: BlindReason::Away,
        };
        told.blind.push(span);
        assert_eq!(
            note(&told, Period::Week),
            "First heard 24 h ago. The server was blind once, for 24 s."
        );
        told.blind.push(span);
        assert!(note(&told, Period::Day).ends_with("blind 2 times, for 48 s in all."));
    }
}
