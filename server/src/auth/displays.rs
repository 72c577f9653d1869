//! What lets a screen in: the text of a display token, and the cookie that carries it.
//!
//! A screen hangs on a wall for years and nobody is there to sign in, so its token has no end but being revoked. In
//! exchange it reads the wall and nothing else.

use http::HeaderMap;
use rollcall_shared::DomainId;
use tokio::sync::watch;

use super::cookie::Cookie;
use super::people::People;
use super::secret::{Secret, hash_of};
use crate::clock::{Clock, NoRandomness};
use crate::scope::Scope;
use crate::store::StoreError;
use crate::store::displays::DisplayRecord;

/// What the text of a display token begins with, so that people and secret scanners know one when they see it.
pub const PREFIX: &str = "rcd_";

/// That a screen shows the wall is written down this far apart at most.
const SEEN_EVERY_MS: i64 = 5 * 60 * 1000;

/// The cookie that carries it. Browsers keep none for longer than 400 days (RFC 6265bis); the wall asks for it anew.
const COOKIE: Cookie = Cookie {
    secure: "__Host-rollcall_display",
    plain: "rollcall_display",
    max_age_s: 400 * 24 * 60 * 60,
};

/// A display token with its text, which is shown once. The database keeps [`DisplayToken::hash`].
#[derive(Clone)]
pub struct DisplayToken(String);

/// The text is no display token.
///
/// It does not repeat the text, which may be a token with a typing error in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a display token is {PREFIX} and {} characters of A-Z, a-z, 0-9, - and _",
    Secret::CHARACTERS
)]
pub struct NoDisplayToken;

impl DisplayToken {
    /// A new one.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn random(clock: &Clock) -> Result<Self, NoRandomness> {
        Secret::random(clock).map(|secret| Self(format!("{PREFIX}{secret}")))
    }

    /// Reads one as it was shown.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn parse(text: &str) -> Result<Self, NoDisplayToken> {
        let secret = text.strip_prefix(PREFIX).ok_or(NoDisplayToken)?;
        Secret::parse(secret).map_err(|_| NoDisplayToken)?;
        Ok(Self(text.to_owned()))
    }

    /// The one that a request carries, by its cookie.
    #[must_use]
    pub fn carried(headers: &HeaderMap, secure: bool) -> Option<Self> {
        Self::parse(COOKIE.carried(headers, secure)?).ok()
    }

    /// The `Set-Cookie` that gives it to a browser.
    #[must_use]
    pub fn cookie(&self, secure: bool) -> String {
        COOKIE.set(&self.0, secure)
    }

    /// The `Set-Cookie` that takes it away: a browser at which somebody signs in or out is no display any more.
    #[must_use]
    pub fn cleared_cookie(secure: bool) -> String {
        COOKIE.cleared(secure)
    }

    /// The text: `rcd_` and 43 characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the database keeps: the hash of the whole text, prefix and all.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_of(&self.0)
    }
}

impl core::fmt::Debug for DisplayToken {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("DisplayToken(..)")
    }
}

/// Which agents a screen shows.
#[must_use]
pub fn scope(domain: DomainId) -> Scope {
    if domain == DomainId::ROOT {
        Scope::All
    } else {
        Scope::Domains([domain].into())
    }
}

impl People {
    /// Which screen has this token, if it is let in.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn display(&self, token: &DisplayToken) -> Result<Option<DisplayRecord>, StoreError> {
        let displays = self.store().displays();
        let Some(mut display) = displays.find(token.hash()).await? else {
            return Ok(None);
        };
        let now_ms = self.now_ms();
        // A wall clock that was set back makes what is written down lie ahead: then it is not written until then.
        let is_recent = display
            .last_seen_ms
            .is_some_and(|seen_ms| now_ms.saturating_sub(seen_ms) < SEEN_EVERY_MS);
        if !is_recent {
            match displays.seen(display.id, now_ms).await {
                Ok(()) => display.last_seen_ms = Some(now_ms),
                // A disk that is full must not turn a wall dark.
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(error, "that a display was seen could not be written down");
                }
            }
        }
        Ok(Some(display))
    }

    /// Lets a screen in no more: its feed ends at once. Whether there was one of that number in the scope.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn revoke_display(&self, scope: &Scope, id: i64) -> Result<bool, StoreError> {
        let was_there = self.store().displays().delete(scope, id).await?;
        self.displays_revoked().send_replace(());
        Ok(was_there)
    }

    /// Told of each revocation on this node; other nodes ask the database every 15 seconds.
    #[must_use]
    pub fn watch_revocations(&self) -> watch::Receiver<()> {
        self.displays_revoked().subscribe()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    #[test]
    fn a_token_is_known_by_its_prefix_and_kept_as_the_hash_of_its_whole_text() {
        let token = DisplayToken::random(&Clock::start()).unwrap();
        assert_eq!(token.text().len(), 47);
        assert_eq!(DisplayToken::parse(token.text()).unwrap().hash(), token.hash());
        assert_eq!(token.hash(), hash_of(token.text()));
        assert_eq!(format!("{token:?}"), "DisplayToken(..)");
        for text in [
            "",
            "rcd_",
            "rcd_abc",
            &token.text().replacen("rcd_", "rct_", 1),
            &format!("{} ", token.text()),
        ] {
            assert!(DisplayToken::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn its_cookie_reads_back_and_is_no_session() {
        let token = DisplayToken::random(&Clock::start()).unwrap();
        for (secure, start) in [(false, "rollcall_display="), (true, "__Host-rollcall_display=")] {
            let set = token.cookie(secure);
            assert!(set.starts_with(start), "{set}");
            let pair = set.split(';').next().unwrap();
            let headers = [(header::COOKIE, HeaderValue::from_str(pair).unwrap())]
                .into_iter()
                .collect();
            assert_eq!(
                DisplayToken::carried(&headers, secure).unwrap().text(),
                token.text()
            );
            assert!(DisplayToken::carried(&headers, !secure).is_none());
            assert!(super::super::sessions::carried(&headers, secure).is_none());
        }
    }

    #[test]
    fn a_screen_shows_its_domain_and_the_outermost_one_is_all() {
        assert_eq!(scope(DomainId::ROOT), Scope::All);
        assert_eq!(scope(DomainId(7)), Scope::Domains([DomainId(7)].into()));
    }
}
