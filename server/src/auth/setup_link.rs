//! The one-time link that creates the first admin.
//!
//! It is made at start while nobody can sign in, printed to whoever started the server, and known to the server
//! only as a hash in memory: a restart makes a new one and the old one is worth nothing. The token stands behind
//! the `#`, which browsers send to no server and write in no referrer.

use std::sync::Arc;

use parking_lot::Mutex;

use super::secret::{Secret, hash_of, same};
use crate::clock::{Clock, NoRandomness};

/// The link while it is good, as this server knows it. Cheap to clone; all clones close together.
#[derive(Clone, Default)]
pub struct SetupLink {
    hash: Arc<Mutex<Option<[u8; 32]>>>,
}

impl SetupLink {
    /// No link: there are people already.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A new link, and the token that stands in it, to be printed once.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn open(clock: &Clock) -> Result<(Self, Secret), NoRandomness> {
        let token = Secret::random(clock)?;
        let hash = Arc::new(Mutex::new(Some(token.hash())));
        Ok((Self { hash }, token))
    }

    /// Whether this is the token of the link. Constant time; always no after [`Self::close`].
    #[must_use]
    pub fn opens(&self, token: &str) -> bool {
        // The lock is held for the copy only.
        let hash = *self.hash.lock();
        hash.is_some_and(|hash| same(&hash, &hash_of(token)))
    }

    /// The first admin exists: the link is worth nothing from now on.
    pub fn close(&self) {
        *self.hash.lock() = None;
    }
}

/// The address to print: `http://127.0.0.1:8080/setup#<token>`.
#[must_use]
pub fn setup_url(server_url: &str, token: &Secret) -> String {
    format!("{}/setup#{token}", server_url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_with_its_own_token_until_it_is_closed() {
        let (link, token) = SetupLink::open(&Clock::start()).unwrap();
        let shared = link.clone();
        assert!(link.opens(&token.to_string()));
        assert!(!link.opens(""));
        assert!(!link.opens(&Secret::from_bytes([0; 32]).to_string()));
        shared.close();
        assert!(!link.opens(&token.to_string()));
    }

    #[test]
    fn no_link_opens_with_nothing() {
        assert!(!SetupLink::none().opens(""));
        assert!(!SetupLink::none().opens(&"A".repeat(43)));
    }

    #[test]
    fn the_token_stands_behind_the_hash_sign() {
        let token = Secret::from_bytes([0; 32]);
        let expected = format!("http://127.0.0.1:8080/setup#{}", "A".repeat(43));
        assert_eq!(setup_url("http://127.0.0.1:8080/", &token), expected);
        assert_eq!(setup_url("http://127.0.0.1:8080", &token), expected);
    }
}
