//! Secrets of 256 random bits: what agents, sessions, enrolment tokens and the setup link are known by.
//!
//! A secret is given out once, as 43 characters of unpadded URL-safe base 64; the server keeps the SHA-256 of
//! that text and nothing else. A fast hash is enough here, and only here: 256 random bits cannot be guessed,
//! so there is nothing for a slow one to slow down. What people choose is hashed in `passwords`.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use subtle::ConstantTimeEq as _;

use crate::clock::{Clock, NoRandomness};

/// 256 random bits. `Display` writes them out, `Debug` does not, so that no log ever holds one.
#[derive(Clone)]
pub struct Secret([u8; Self::BYTES]);

/// The text is no secret of this server: another length, or characters that base 64 does not have.
///
/// It does not repeat the text, which may be a secret with a typing error in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret has {} characters of A-Z, a-z, 0-9, - and _", Secret::CHARACTERS)]
pub struct NoSecret;

impl Secret {
    /// 256 bits: beyond guessing at any rate, for ever.
    const BYTES: usize = 32;
    /// Characters that write it.
    pub const CHARACTERS: usize = 43;

    /// A new one.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn random(clock: &Clock) -> Result<Self, NoRandomness> {
        clock.random().map(Self)
    }

    /// The secret of these bits, for those that are derived or replayed in tests.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a secret as [`Display`](fmt::Display) wrote it; exactly one text reads as each secret.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn parse(text: &str) -> Result<Self, NoSecret> {
        // The length first: a hostile header must not be decoded only to be refused.
        if text.len() != Self::CHARACTERS {
            return Err(NoSecret);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoSecret)?;
        bytes.try_into().map(Self).map_err(|_| NoSecret)
    }

    /// The bits themselves, to derive keys from.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// What the server keeps of it: [`hash_of`] its text.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_of(&self.to_string())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// The SHA-256 of a secret's text, as the database keeps it. It takes the text as it was presented, also with
/// a prefix such as `rct_`, so a look-up needs no parsing first.
#[must_use]
pub fn hash_of(text: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let mut hash = [0_u8; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_secret_reads_back_as_it_was_written(bytes: [u8; 32]) {
            let secret = Secret::from_bytes(bytes);
            let text = secret.to_string();
            prop_assert_eq!(text.len(), Secret::CHARACTERS);
            let read = Secret::parse(&text).unwrap();
            prop_assert_eq!(read.as_bytes(), &bytes);
            prop_assert_eq!(secret.hash(), hash_of(&text));
        }

        #[test]
        fn no_text_makes_reading_a_secret_panic(text in ".{0,60}") {
            let _ = Secret::parse(&text);
        }
    }

    #[test]
    fn the_hash_is_sha_256_of_the_text() {
        // FIPS 180-2, appendix B.1.
        let expected = [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
            0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
        ];
        assert_eq!(hash_of("abc"), expected);
    }

    #[test]
    fn two_secrets_differ_and_neither_shows_in_a_log() {
        let clock = Clock::start();
        let (one, other) = (Secret::random(&clock).unwrap(), Secret::random(&clock).unwrap());
        assert!(!same(&one.hash(), &other.hash()));
        assert!(same(&one.hash(), &one.hash()));
        assert_eq!(format!("{one:?}"), "Secret(..)");
    }

    #[test]
    fn a_text_of_another_length_or_alphabet_is_no_secret() {
        let text = Secret::from_bytes([7; 32]).to_string();
        for wrong in [
            "",
            &text[1..],
            &format!("{text}A"),
            &text.replace('c', "+"),
            &"é".repeat(21),
        ] {
            assert_eq!(Secret::parse(wrong).unwrap_err(), NoSecret, "{wrong:?}");
        }
        // The last character holds 4 bits; one with more would be a second text for the same secret.
        assert_eq!(Secret::parse(&format!("{}9", &text[..42])).unwrap_err(), NoSecret);
    }
}
