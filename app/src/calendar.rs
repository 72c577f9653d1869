//! Days and times of day, as the console writes them.
//!
//! Pure arithmetic on milliseconds since 1970. Which zone the reader lives in is the browser's to know: who
//! calls passes times already shifted by its offset. Not the place for spans; those are in [`crate::phrase`].

const MS_A_DAY: i64 = 86_400_000;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A moment, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Days since 1 January 1970.
    pub day_number: i64,
    /// The year of the Gregorian calendar.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Moment {
    /// Takes apart milliseconds since 1970, of whichever zone they are in.
    #[must_use]
    pub fn at(ms: i64) -> Self {
        let day_number = ms.div_euclid(MS_A_DAY);
        let (year, month, day) = civil(day_number);
        let second_of_day = ms.rem_euclid(MS_A_DAY) / 1_000;
        let small = |value: i64| u8::try_from(value).unwrap_or(0);
        Self {
            day_number,
            year,
            month,
            day,
            hour: small(second_of_day / 3_600),
            minute: small(second_of_day / 60 % 60),
            second: small(second_of_day % 60),
        }
    }

    /// `14:02:31`
    #[must_use]
    pub fn time(self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `21 Nov 2026, 14:02:31`
    #[must_use]
    pub fn exact(self) -> String {
        format!(
            "{} {} {}, {}",
            self.day,
            self.short_month(),
            self.year,
            self.time()
        )
    }

    /// `14:02:31` on the same day, `17 Nov 03:12` on another, `17 Nov 2025` in another year.
    #[must_use]
    pub fn beside(self, today: Self) -> String {
        if self.day_number == today.day_number {
            self.time()
        } else if self.year == today.year {
            format!(
                "{} {} {:02}:{:02}",
                self.day,
                self.short_month(),
                self.hour,
                self.minute
            )
        } else {
            format!("{} {} {}", self.day, self.short_month(), self.year)
        }
    }

    /// `2026-11-21T14:02:31Z`, for the `datetime` of a `<time>`. The moment must be in UTC.
    #[must_use]
    pub fn machine_readable(self) -> String {
        format!(
            "{:04}-{:02}-{:02}T{}Z",
            self.year,
            self.month,
            self.day,
            self.time()
        )
    }

    /// `Tue 17 Nov`: for the head of a row.
    #[must_use]
    pub fn day_name(self) -> String {
        format!("{} {} {}", &self.weekday()[..3], self.day, self.short_month())
    }

    /// `Today`, `Yesterday`, `Tuesday, 17 November`, with the year where it is another.
    #[must_use]
    pub fn day_heading(self, today: Self) -> String {
        match today.day_number - self.day_number {
            0 => "Today".to_owned(),
            1 => "Yesterday".to_owned(),
            _ => {
                let month = MONTHS[usize::from(self.month) - 1];
                let day = format!("{}, {} {month}", self.weekday(), self.day);
                if self.year == today.year {
                    day
                } else {
                    format!("{day} {}", self.year)
                }
            }
        }
    }

    fn short_month(self) -> &'static str {
        &MONTHS[usize::from(self.month) - 1][..3]
    }

    /// The first day of 1970 was a Thursday, three after Monday.
    fn weekday(self) -> &'static str {
        let index = usize::try_from((self.day_number + 3).rem_euclid(7)).unwrap_or(0);
        WEEKDAYS[index]
    }
}

/// Year, month and day of a day number, by Howard Hinnant's `civil_from_days`: exact for all that fit.
fn civil(day_number: i64) -> (i64, u8, u8) {
    let shifted = day_number + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        year,
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 November 2026, 14:02:31 UTC.
    const NOON: i64 = 1_795_269_751_000;

    #[test]
    fn a_moment_reads_as_people_write_it() {
        let moment = Moment::at(NOON);
        assert_eq!(moment.machine_readable(), "2026-11-21T14:02:31Z");
        assert_eq!(moment.exact(), "21 Nov 2026, 14:02:31");
        assert_eq!(moment.day_name(), "Sat 21 Nov");
    }

    #[test]
    fn leap_days_and_times_before_1970_are_right() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1_000, "1969-12-31T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(Moment::at(ms).machine_readable(), expected);
        }
    }

    #[test]
    fn a_time_says_no_more_than_its_distance_asks_for() {
        let now = Moment::at(NOON);
        assert_eq!(Moment::at(NOON - 60_000).beside(now), "14:01:31");
        assert_eq!(Moment::at(NOON - 4 * MS_A_DAY).beside(now), "17 Nov 14:02");
        assert_eq!(Moment::at(NOON - 400 * MS_A_DAY).beside(now), "17 Oct 2025");
    }

    #[test]
    fn days_are_named_from_today() {
        let now = Moment::at(NOON);
        let heading = |days: i64| Moment::at(NOON - days * MS_A_DAY).day_heading(now);
        assert_eq!(heading(0), "Today");
        assert_eq!(heading(1), "Yesterday");
        assert_eq!(heading(4), "Tuesday, 17 November");
        assert_eq!(heading(400), "Friday, 17 October 2025");
    }
}
