//! Minutes, as admins set them: the unit and the bounds of every interval and time-out in the settings.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A whole number of minutes from 1 to 129600 (ninety days), the bounds that `OfficeScan`'s users know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Minutes(u32);

/// A number of minutes that is not from 1 to 129600.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("allowed are {} to {} minutes, given were {given}", Minutes::MIN.get(), Minutes::MAX.get())]
pub struct MinutesOutOfRange {
    /// What was given.
    pub given: i64,
}

/// What may be written for minutes, in words.
pub const ALLOWED: &str = "a whole number of minutes from 1 to 129600";

/// A text that names no number of minutes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMinutes {
    /// Nothing is written.
    #[error("It is empty: write {ALLOWED}.")]
    Empty,
    /// It is no whole number.
    #[error("{0:?} is no whole number: write {ALLOWED}.")]
    NotANumber(String),
    /// It is one, and not from 1 to 129600.
    #[error("{0} is out of range: write {ALLOWED}.")]
    OutOfRange(String),
}

impl FromStr for Minutes {
    type Err = NotMinutes;

    fn from_str(text: &str) -> Result<Self, NotMinutes> {
        let text = text.trim();
        let shown = || text.chars().take(LONGEST_SHOWN).collect();
        if text.is_empty() {
            return Err(NotMinutes::Empty);
        }
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotMinutes::NotANumber(shown()));
        }
        // A number that no integer holds is out of range, too.
        let given = text.parse().map_err(|_| NotMinutes::OutOfRange(shown()))?;
        Self::try_new(given).map_err(|_| NotMinutes::OutOfRange(shown()))
    }
}

/// The most characters of a refused text that are repeated.
const LONGEST_SHOWN: usize = 40;

impl Minutes {
    /// The least: one minute.
    pub const MIN: Self = Self(1);
    /// The most: ninety days.
    pub const MAX: Self = Self(129_600);

    /// So many minutes.
    ///
    /// # Errors
    /// Where it is less than 1 or more than 129600.
    pub const fn try_new(given: i64) -> Result<Self, MinutesOutOfRange> {
        if given >= Self::MIN.0 as i64 && given <= Self::MAX.0 as i64 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the bounds were just checked"
            )]
            Ok(Self(given as u32))
        } else {
            Err(MinutesOutOfRange { given })
        }
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How long they last where a minute lasts `minute` (60 seconds, but for demonstrations).
    ///
    /// Exact for every allowed value: 129600 times an hour still fits many times over.
    #[must_use]
    pub const fn lasting(self, minute: Duration) -> Duration {
        minute.saturating_mul(self.0)
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} min", self.0)
    }
}

impl<'de> Deserialize<'de> for Minutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Reader)
    }
}

/// Refuses in the words that the form has, whatever stands there.
struct Reader;

impl de::Visitor<'_> for Reader {
    type Value = Minutes;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(ALLOWED)
    }

    fn visit_i64<E: de::Error>(self, given: i64) -> Result<Minutes, E> {
        Minutes::try_new(given).map_err(|_| E::invalid_value(de::Unexpected::Signed(given), &self))
    }

    fn visit_u64<E: de::Error>(self, given: u64) -> Result<Minutes, E> {
        let fits = i64::try_from(given)
            .ok()
            .and_then(|given| Minutes::try_new(given).ok());
        fits.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(given), &self))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Minutes {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(Self::MIN.0))
            .maximum(Some(Self::MAX.0))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Minutes {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn minutes_are_from_1_to_129600() {
        for (given, fits) in [
            (-1, false),
            (0, false),
            (1, true),
            (129_600, true),
            (129_601, false),
            (i64::MAX, false),
        ] {
            assert_eq!(Minutes::try_new(given).is_ok(), fits, "{given}");
        }
    }

    #[test]
    fn a_text_is_minutes_or_says_what_is() {
        for (text, read) in [
            (" 10 ", Ok(10)),
            ("129600", Ok(129_600)),
            ("", Err("It is empty")),
            ("  ", Err("It is empty")),
            ("abc", Err("no whole number")),
            ("1.5", Err("no whole number")),
            ("1e3", Err("no whole number")),
            ("-", Err("no whole number")),
            ("-1", Err("out of range")),
            ("0", Err("out of range")),
            ("129601", Err("out of range")),
            ("99999999999999999999999", Err("out of range")),
        ] {
            match (text.parse::<Minutes>(), read) {
                (Ok(minutes), Ok(count)) => assert_eq!(minutes.get(), count, "{text:?}"),
                (Err(refused), Err(says)) => {
                    let refused = refused.to_string();
                    assert!(refused.contains(says) && refused.contains(ALLOWED), "{refused}");
                }
                (given, _) => panic!("{text:?}: {given:?}"),
            }
        }
    }

    #[test]
    fn a_refused_number_is_named_with_what_is_allowed() {
        let refused = serde_json::from_str::<Minutes>("129601").unwrap_err().to_string();
        assert!(
            refused.contains("1 to 129600") && refused.contains("129601"),
            "{refused}"
        );
    }

    #[test]
    fn the_longest_lease_does_not_overflow() {
        let longest = Minutes::MAX.lasting(Duration::from_mins(1)) * 2;
        assert_eq!(longest.as_secs(), 2 * 129_600 * 60);
    }
}
