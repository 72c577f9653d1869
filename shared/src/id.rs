//! Identities, and how they are written.
//!
//! An agent's identity is an id and a secret from enrolment, never an address or a host name. Ids are
//! 64 bits, written as 13 characters of Crockford's base 32 in lower case: short enough to read aloud,
//! without the letters that are taken for digits. Inside the console's binary feed they travel as numbers.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Crockford's base 32, which leaves out `i`, `l`, `o` and `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters that write 64 bits: 12 of 5 bits and a first one of 4.
const WIDTH: usize = 13;

/// What is wrong with the text of an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// The text has another length than ids of this kind have.
    #[error("an id has {allowed} characters, this one has {given}")]
    Length {
        /// How many characters it takes.
        allowed: usize,
        /// How many were given.
        given: usize,
    },
    /// A character that ids of this kind do not use.
    #[error("{0:?} is not a character of an id")]
    Character(char),
    /// Right characters, but a number that is out of range.
    #[error("the id is out of range")]
    Range,
}

fn write_base32(value: u64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0_u8; WIDTH];
    let mut rest = value;
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    out.write_str(core::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn read_base32(text: &str) -> Result<u64, InvalidId> {
    let given = text.chars().count();
    if given != WIDTH {
        return Err(InvalidId::Length {
            allowed: WIDTH,
            given,
        });
    }
    let mut value: u64 = 0;
    for character in text.chars() {
        let lower = character.to_ascii_lowercase();
        let digit = ALPHABET
            .iter()
            .position(|known| char::from(*known) == lower)
            .ok_or(InvalidId::Character(character))?;
        if value >> 59 != 0 {
            return Err(InvalidId::Range);
        }
        value = (value << 5) | digit as u64;
    }
    Ok(value)
}

macro_rules! wide_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The id with these bits; never negative, so that a database's BIGINT sorts it alike.
            #[must_use]
            pub const fn from_bits(bits: u64) -> Self {
                Self((bits & i64::MAX.cast_unsigned()).cast_signed())
            }

            /// As a database keeps it.
            #[must_use]
            pub const fn as_i64(self) -> i64 {
                self.0
            }

            /// As a number for arithmetic on its bits.
            #[must_use]
            pub const fn bits(self) -> u64 {
                self.0.cast_unsigned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_base32(self.bits(), out)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                i64::try_from(read_base32(text)?).map(Self).map_err(|_| InvalidId::Range)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_u64(self.bits())
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    crate::text::parsed(deserializer)
                } else {
                    i64::try_from(u64::deserialize(deserializer)?)
                        .map(Self)
                        .map_err(|_| de::Error::custom(InvalidId::Range))
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some("^[0-7][0-9a-hjkmnp-tv-z]{12}$"))
                    .min_length(Some(WIDTH))
                    .max_length(Some(WIDTH))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

wide_id! {
    /// Who an agent is, from its enrolment until after it is retired.
    AgentId
}
wide_id! {
    /// One change of status. Later transitions have greater ids.
    TransitionId
}
wide_id! {
    /// A person who may sign in.
    UserId
}

impl TransitionId {
    /// Bits of an id below its milliseconds: 65,536 transitions before ids run ahead of the clock, which they may.
    const COUNTER_BITS: u32 = 16;

    /// The least id of a transition at that wall time. Ids rise strictly, also where the clock is set back: then they are
    /// those of a later time.
    #[must_use]
    pub fn at(wall_ms: i64) -> Self {
        Self::from_bits(u64::try_from(wall_ms).unwrap_or(0) << Self::COUNTER_BITS)
    }
}

/// A folder of the agent tree, by its number, which is at least 1 and never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct DomainId(pub i32);

impl DomainId {
    /// The folder that holds all others. It exists from the first start.
    pub const ROOT: Self = Self(1);
}

/// Where no folder is named, the one that holds all is meant.
impl Default for DomainId {
    fn default() -> Self {
        Self::ROOT
    }
}

impl From<DomainId> for i32 {
    fn from(id: DomainId) -> Self {
        id.0
    }
}

impl TryFrom<i32> for DomainId {
    type Error = InvalidDomainId;

    fn try_from(number: i32) -> Result<Self, InvalidDomainId> {
        if number < 1 {
            return Err(InvalidDomainId);
        }
        Ok(Self(number))
    }
}

impl fmt::Display for DomainId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// A number that no domain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The number of a domain is at least 1.")]
pub struct InvalidDomainId;

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for DomainId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::KnownFormat::Int32,
            )))
            .minimum(Some(1))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for DomainId {}

/// One run of an agent's process, chosen by it at random and never 0.
///
/// 32 bits are enough: it only has to differ from the other runs of the *same* agent, and where it does
/// not, the register is refused and the agent chooses again (rule 8).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BootId(core::num::NonZeroU32);

impl BootId {
    /// The boot id with these bits; `None` for 0.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match core::num::NonZeroU32::new(bits) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }

    /// Its bits, never 0.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:08x}", self.0)
    }
}

impl fmt::Debug for BootId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "BootId({self})")
    }
}

impl FromStr for BootId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let given = text.chars().count();
        if given != 8 {
            return Err(InvalidId::Length { allowed: 8, given });
        }
        if let Some(other) = text.chars().find(|character| !character.is_ascii_hexdigit()) {
            return Err(InvalidId::Character(other));
        }
        let bits = u32::from_str_radix(text, 16).map_err(|_| InvalidId::Range)?;
        Self::from_bits(bits).ok_or(InvalidId::Range)
    }
}

impl Serialize for BootId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BootId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for BootId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9a-f]{8}$"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for BootId {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_it_was_written(bits in 0..=i64::MAX as u64) {
            let id = AgentId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().len(), WIDTH);
        }

        #[test]
        fn ids_sort_as_their_text_does(one in 0..=i64::MAX as u64, other in 0..=i64::MAX as u64) {
            let (one, other) = (AgentId::from_bits(one), AgentId::from_bits(other));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }

        #[test]
        fn no_text_makes_reading_an_id_panic(text in ".{0,20}") {
            let _ = text.parse::<AgentId>();
            let _ = text.parse::<BootId>();
        }
    }

    #[test]
    fn a_wrong_id_says_what_is_wrong_with_it() {
        assert_eq!(
            "abc".parse::<AgentId>(),
            Err(InvalidId::Length {
                allowed: 13,
                given: 3
            })
        );
        assert_eq!("000000000000u".parse::<AgentId>(), Err(InvalidId::Character('u')));
        assert_eq!("zzzzzzzzzzzzz".parse::<AgentId>(), Err(InvalidId::Range));
        assert_eq!("00000000".parse::<BootId>(), Err(InvalidId::Range));
        assert_eq!("+0000001".parse::<BootId>(), Err(InvalidId::Character('+')));
    }

    #[test]
    fn a_domain_is_a_number_from_1_on() {
        assert_eq!(serde_json::from_str::<DomainId>("7").unwrap(), DomainId(7));
        assert_eq!(serde_json::to_string(&DomainId(7)).unwrap(), "7");
        for none in ["0", "-1", "2147483648", "1.5", "\"1\"", "null"] {
            assert!(serde_json::from_str::<DomainId>(none).is_err(), "{none}");
        }
    }

    #[test]
    fn an_id_is_text_in_json_and_a_number_in_the_feed() {
        let id = AgentId::from_bits(7);
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"0000000000007\"");
        assert_eq!(postcard::to_allocvec(&id).unwrap(), [7]);
    }
}
