//! Reading a text that is parsed: inside of serde's visitor, where a refusal is told with the field that it is of.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

struct Text<T> {
    allowed: &'static str,
    reads: PhantomData<T>,
}

impl<T: FromStr> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.allowed)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse()
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

pub(super) fn read<'de, D: Deserializer<'de>, T: FromStr>(
    deserializer: D,
    allowed: &'static str,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text {
        allowed,
        reads: PhantomData,
    })
}
