//! Seconds between two loopback packets, as admins set them.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A whole number of seconds from 10 to 3600.
///
/// Less than 10 keeps no mapping alive that 10 do not; an hour is longer than any NAT remembers UDP that is silent, and
/// still a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Seconds(u32);

/// What may be written for seconds, in words.
pub const ALLOWED: &str = "a whole number of seconds from 10 to 3600";

/// A text that names no such number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not allowed: write {ALLOWED}.")]
pub struct NotSeconds(pub String);

impl FromStr for Seconds {
    type Err = NotSeconds;

    fn from_str(text: &str) -> Result<Self, NotSeconds> {
        /// The most characters of a refused text that are repeated.
        const LONGEST_SHOWN: usize = 40;
        let text = text.trim();
        let count = text.parse().ok().and_then(Self::new);
        count.ok_or_else(|| NotSeconds(text.chars().take(LONGEST_SHOWN).collect()))
    }
}

impl Seconds {
    /// The least.
    pub const MIN: Self = Self(10);
    /// The most: an hour.
    pub const MAX: Self = Self(3600);
    /// Unless it is set otherwise: within the time after which the first NATs forget a mapping, by what a packet may be
    /// late.
    pub const DEFAULT: Self = Self(25);

    /// After so many seconds of silence the first NATs forget a mapping of UDP, though RFC 4787 asks them to wait for
    /// 120.
    const FORGOTTEN_AFTER: u32 = 30;

    /// So many seconds; nothing where it is none of those allowed.
    #[must_use]
    pub const fn new(given: u32) -> Option<Self> {
        if given >= Self::MIN.0 && given <= Self::MAX.0 {
            Some(Self(given))
        } else {
            None
        }
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether packets so far apart keep the mapping of every NAT.
    #[must_use]
    pub const fn is_wise(self) -> bool {
        self.0 < Self::FORGOTTEN_AFTER
    }

    /// How long they last where a minute lasts `minute` (60 seconds, but for demonstrations).
    #[must_use]
    pub fn lasting(self, minute: Duration) -> Duration {
        minute.saturating_mul(self.0) / 60
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} s", self.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u32(Reader)
    }
}

/// Refuses in the words that the form has, whatever stands there.
struct Reader;

impl de::Visitor<'_> for Reader {
    type Value = Seconds;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(ALLOWED)
    }

    // What some formats read every number as, the console's among them.
    fn visit_i64<E: de::Error>(self, given: i64) -> Result<Seconds, E> {
        let fits = u32::try_from(given).ok().and_then(Seconds::new);
        fits.ok_or_else(|| E::invalid_value(de::Unexpected::Signed(given), &self))
    }

    fn visit_u64<E: de::Error>(self, given: u64) -> Result<Seconds, E> {
        let fits = u32::try_from(given).ok().and_then(Seconds::new);
        fits.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(given), &self))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Seconds {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(Self::MIN.0))
            .maximum(Some(Self::MAX.0))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Seconds {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn seconds_are_read_whatever_kind_of_number_a_format_takes_them_for() {
        use serde::de::IntoDeserializer as _;
        use serde::de::value::{Error, I64Deserializer, U64Deserializer};

        let signed = |given: i64| -> I64Deserializer<Error> { given.into_deserializer() };
        let unsigned = |given: u64| -> U64Deserializer<Error> { given.into_deserializer() };
        assert_eq!(Seconds::deserialize(signed(25)), Ok(Seconds::DEFAULT));
        assert_eq!(Seconds::deserialize(unsigned(25)), Ok(Seconds::DEFAULT));
        assert!(Seconds::deserialize(signed(-25)).is_err());
        assert!(Seconds::deserialize(unsigned(9)).is_err());
    }

    #[test]
    fn a_text_is_seconds_or_is_refused_with_what_is_allowed() {
        for (text, read) in [
            (" 25 ", Some(25)),
            ("10", Some(10)),
            ("3600", Some(3600)),
            ("9", None),
            ("3601", None),
            ("", None),
            ("-25", None),
            ("2.5", None),
            ("abc", None),
            ("99999999999999999999", None),
        ] {
            let seconds = text.parse::<Seconds>();
            assert_eq!(
                seconds.as_ref().ok().map(|seconds| seconds.get()),
                read,
                "{text:?}"
            );
            if let Err(refused) = seconds {
                assert!(refused.to_string().contains(ALLOWED));
            }
        }
        assert!(serde_json::from_str::<Seconds>("25").is_ok());
        assert!(
            serde_json::from_str::<Seconds>("-25")
                .unwrap_err()
                .to_string()
                .contains(ALLOWED)
        );
    }

    #[test]
    fn a_second_is_a_sixtieth_of_whatever_a_minute_lasts() {
        assert_eq!(
            Seconds::DEFAULT.lasting(Duration::from_mins(1)),
            Duration::from_secs(25)
        );
        assert_eq!(
            Seconds::DEFAULT.lasting(Duration::from_millis(600)),
            Duration::from_millis(250)
        );
    }

    #[test]
    fn what_is_set_unless_it_is_set_otherwise_keeps_every_mapping() {
        assert!(Seconds::DEFAULT.is_wise() && !Seconds::MAX.is_wise());
    }
}
