//! Reads the JSON of the API's answers, and no more than they have in them: no fractions, no enums but names.
//!
//! `serde_json` can say what is wrong and where. Nobody reads that here, and the words for it, with the formatting
//! of every kind of number, would be a tenth of what the first visit loads. Not the place for JSON that others
//! than the server wrote.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer as _, Visitor};
use serde::forward_to_deserialize_any;

/// The text is not what was to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not the JSON that was expected")
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    // The defaults put their words together before anybody can decline them.
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

/// Reads a value from the whole of a text.
///
/// # Errors
///
/// Where the text is no JSON, or another value.
pub fn read<T: de::DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let mut reader = Reader { text, at: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.next() {
        None => Ok(value),
        Some(_) => Err(Unreadable),
    }
}

/// A text, and how far it was read: always to the boundary of a character.
struct Reader<'de> {
    text: &'de str,
    at: usize,
}

impl<'de> Reader<'de> {
    /// The byte that begins what comes next, behind the space before it.
    fn next(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let space = rest.iter().take_while(|byte| b" \n\r\t".contains(byte)).count();
        self.at += space;
        rest.get(space).copied()
    }

    /// Takes a mark, where it is what comes next.
    fn took(&mut self, mark: u8) -> bool {
        let is_it = self.next() == Some(mark);
        self.at += usize::from(is_it);
        is_it
    }

    fn take(&mut self, mark: u8) -> Result<(), Unreadable> {
        self.took(mark).then_some(()).ok_or(Unreadable)
    }

    /// Takes a number, `true`, `false` or `null`.
    fn word(&mut self) -> &'de str {
        self.next();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn string(&mut self) -> Result<Cow<'de, str>, Unreadable> {
        self.take(b'"')?;
        let mut read = Cow::Borrowed("");
        loop {
            let rest = self.text.get(self.at..).ok_or(Unreadable)?;
            let plain = rest.find(['"', '\\']).ok_or(Unreadable)?;
            if read.is_empty() {
                read = Cow::Borrowed(&rest[..plain]);
            } else {
                read.to_mut().push_str(&rest[..plain]);
            }
            self.at += plain + 1;
            if rest.as_bytes()[plain] == b'"' {
                return Ok(read);
            }
            let letter = self.escaped()?;
            read.to_mut().push(letter);
        }
    }

    /// Takes what stands behind a backslash.
    fn escaped(&mut self) -> Result<char, Unreadable> {
        let byte = *self.text.as_bytes().get(self.at).ok_or(Unreadable)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                // Beyond the first 65,536 characters, two units make one (RFC 8259, section 7).
                let pair = (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u");
                let code = if pair {
                    self.at += 2;
                    let second = self.unit()?.checked_sub(0xdc00).ok_or(Unreadable)?;
                    0x1_0000 + ((first - 0xd800) << 10) + second
                } else {
                    first
                };
                char::from_u32(code).ok_or(Unreadable)?
            }
            _ => return Err(Unreadable),
        })
    }

    /// Takes four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Unreadable> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Unreadable)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Unreadable)
    }

    /// Passes over a value, however deep: by counting, so that no depth overflows the stack.
    fn pass_over(&mut self) -> Result<(), Unreadable> {
        let mut depth = 0_u32;
        loop {
            match self.next().ok_or(Unreadable)? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    self.at += 1;
                    depth += 1;
                }
                b'}' | b']' => {
                    self.at += 1;
                    depth = depth.checked_sub(1).ok_or(Unreadable)?;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ if self.word().is_empty() => return Err(Unreadable),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Whether there is another entry, in a list that began when `is_first`.
    fn entry(&mut self, is_first: &mut bool, end: u8) -> Result<bool, Unreadable> {
        if self.took(end) {
            return Ok(false);
        }
        if !core::mem::replace(is_first, false) {
            self.take(b',')?;
        }
        Ok(true)
    }

    fn integer(&mut self) -> Result<i64, Unreadable> {
        self.word().parse().map_err(|_| Unreadable)
    }
}

/// Each kind of value takes one way, and visitors are asked for no other: so the ways not taken are not built.
impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    /// Answers whose shape is not known beforehand are none of the API's.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unreadable> {
        Err(Unreadable)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.word() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(self.integer()?)
    }

    /// Sizes: no file is larger than the half of them.
    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.next() == Some(b'n') {
            return match self.word() {
                "null" => visitor.visit_none(),
                _ => Err(Unreadable),
            };
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.take(b'[')?;
        visitor.visit_seq(Entries {
            reader: self,
            is_first: true,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.take(b'{')?;
        visitor.visit_map(Entries {
            reader: self,
            is_first: true,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_enum(self.string()?.as_ref().into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.pass_over()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map
    }
}

/// The entries of a list or of a struct.
struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'de> de::SeqAccess<'de> for Entries<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        if self.reader.entry(&mut self.is_first, b']')? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_, 'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        if self.reader.entry(&mut self.is_first, b'}')? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests;
