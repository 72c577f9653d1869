//! Reads what is written as text: ids, ranges, names.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::{Deserializer, de};

/// A value from its text.
///
/// The text is read while it is looked at and not afterwards: so whoever reads knows which part of what it reads is at
/// fault, and can name it (a parameter of a path, for one).
pub(crate) fn parsed<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
    D: Deserializer<'de>,
{
    let allowed = None;
    deserializer.deserialize_str(Text {
        allowed,
        value: PhantomData,
    })
}

/// The same; a refusal says what is allowed.
pub(crate) fn parsed_as<'de, T, D>(deserializer: D, allowed: &'static str) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
    D: Deserializer<'de>,
{
    let allowed = Some(allowed);
    deserializer.deserialize_str(Text {
        allowed,
        value: PhantomData,
    })
}

struct Text<T> {
    allowed: Option<&'static str>,
    value: PhantomData<T>,
}

impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.allowed.unwrap_or("a string"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error| match self.allowed {
            Some(allowed) => E::invalid_value(de::Unexpected::Str(text), &allowed),
            None => E::custom(error),
        })
    }
}
