//! How many entries a page has.

use serde::{Deserialize, Deserializer, de};

/// The most entries that a page may have.
const MOST: usize = 1000;

/// Entries of a page, 1 to 1000; 100 unless said otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Limit(usize);

impl Limit {
    /// How many.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = usize::deserialize(deserializer)?;
        if (1..=MOST).contains(&given) {
            Ok(Self(given))
        } else {
            Err(de::Error::custom(format!(
                "allowed are 1 to {MOST} entries, given were {given}"
            )))
        }
    }
}
