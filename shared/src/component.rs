//! Names and versions of components: what admins hand out to agents besides settings.
//!
//! They become names of files at agents and parts of addresses, so they are narrow.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod digest;
mod source;

pub use digest::{NotADigest, Sha256};
pub use source::{NotASource, SourceUrl};

/// The most components that have a current version: an agent is offered all that it lacks in one answer.
pub const MOST_CURRENT: usize = 32;

/// The most sources of one version.
pub const MOST_SOURCES: usize = 4;

/// The longest note of a version, in characters.
pub const LONGEST_NOTE: usize = 200;

/// A text that may not name a component or a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no {what}: {allowed}")]
pub struct NotAComponent {
    what: &'static str,
    allowed: &'static str,
    given: String,
}

macro_rules! label {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $longest:literal, $also:literal, $taken:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// What is allowed, in words.
            pub const ALLOWED: &'static str = $allowed;
            /// Characters at the most.
            pub const LONGEST: usize = $longest;
            /// Words that agents use themselves for what is beside it.
            const TAKEN: &'static [&'static str] = $taken;

            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAComponent;

            fn from_str(text: &str) -> Result<Self, NotAComponent> {
                let ends = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
                let fits = text.len() <= Self::LONGEST
                    && ends(text.chars().next())
                    && ends(text.chars().next_back())
                    && !text.contains("..")
                    && !Self::TAKEN.contains(&text)
                    && text
                        .chars()
                        .all(|one| one.is_ascii_digit() || one.is_ascii_lowercase() || $also.contains(one));
                if fits {
                    Ok(Self(text.into()))
                } else {
                    Err(NotAComponent {
                        what: $what,
                        allowed: Self::ALLOWED,
                        given: text.chars().take(100).collect(),
                    })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // So that a refusal tells what is allowed.
                crate::text::parsed_as(deserializer, Self::ALLOWED)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .min_length(Some(1))
                    .max_length(Some($longest))
                    .description(Some($allowed))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

label!(
    /// What a component is called.
    ComponentName,
    "name of a component",
    "1 to 64 lower-case letters, digits, - and _, with a letter or digit at both ends",
    64,
    "-_",
    &[]
);
label!(
    /// One version of a component. Versions have no order: the newest is the one that was made current last.
    ComponentVersion,
    "version of a component",
    "1 to 64 lower-case letters, digits, -, _, + and single dots, with a letter or digit at both ends; not `current`",
    64,
    "-_+.",
    &["current"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_narrow_enough_for_files_and_addresses() {
        for name in ["antivirus", "a", "9-a_b"] {
            assert!(name.parse::<ComponentName>().is_ok(), "{name}");
        }
        for name in ["", "A", "a.b", "-a", "a/", "..", "a b", "ä"] {
            assert!(name.parse::<ComponentName>().is_err(), "{name}");
        }
        for version in ["1", "2.1.0", "2026-11-24", "1.0+b7", "currently"] {
            assert!(version.parse::<ComponentVersion>().is_ok(), "{version}");
        }
        for version in ["", ".", "1.", "1..2", "../1", "1/2", "current"] {
            assert!(version.parse::<ComponentVersion>().is_err(), "{version}");
        }
    }
}
