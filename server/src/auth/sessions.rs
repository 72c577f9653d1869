//! How long a session lives, and the cookie that carries it. No storage here, and no clock: both are passed in.
//!
//! A session ends 12 hours after it was last used, and in any case 7 days after it was opened. The database
//! keeps the second end as `expires_at`, which never moves, and the last use; the first end follows from that.

use http::HeaderMap;

use super::cookie::Cookie;
use super::secret::Secret;

/// Unused for this long, a session ends: over night, but not over lunch.
pub const IDLE_MS: i64 = 12 * 60 * 60 * 1000;
/// A session ends this long after it was opened, however busy it is (NIST SP 800-63B-4 asks for such an end).
pub const LONGEST_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Uses are written down this far apart at most, so that a busy console is no load on the database.
pub const TOUCH_EVERY_MS: i64 = 60 * 1000;

/// What is to be done about a session that is used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It has ended.
    Ended,
    /// It goes on, and so recent a use is known that nothing need be written.
    GoesOn,
    /// It goes on, and this use is to be written down.
    Touch,
}

/// Judges a use at `now_ms` of a session last used at `last_used_ms` and opened for until `expires_at_ms`.
#[must_use]
pub const fn judge(now_ms: i64, last_used_ms: i64, expires_at_ms: i64) -> Use {
    // Negative where the wall clock was set back since: then the use is recent, whatever it says.
    let unused_ms = now_ms.saturating_sub(last_used_ms);
    if now_ms >= expires_at_ms || unused_ms >= IDLE_MS {
        Use::Ended
    } else if unused_ms >= TOUCH_EVERY_MS {
        Use::Touch
    } else {
        Use::GoesOn
    }
}

/// When a session ends unless it is used again.
#[must_use]
pub fn ends_at(last_used_ms: i64, expires_at_ms: i64) -> i64 {
    expires_at_ms.min(last_used_ms.saturating_add(IDLE_MS))
}

/// The cookie that carries it.
const COOKIE: Cookie = Cookie {
    secure: "__Host-rollcall_session",
    plain: "rollcall_session",
    max_age_s: LONGEST_MS / 1000,
};

/// The session that a request carries, by its cookie.
#[must_use]
pub fn carried(headers: &HeaderMap, secure: bool) -> Option<Secret> {
    Secret::parse(COOKIE.carried(headers, secure)?).ok()
}

/// The `Set-Cookie` that gives a browser its session.
#[must_use]
pub fn cookie(session: &Secret, secure: bool) -> String {
    COOKIE.set(&session.to_string(), secure)
}

/// The `Set-Cookie` that takes it away.
#[must_use]
pub fn cleared_cookie(secure: bool) -> String {
    COOKIE.cleared(secure)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    #[test]
    fn a_session_ends_when_it_is_idle_or_old_and_not_before() {
        let week = LONGEST_MS;
        let table = [
            // now, last used, what becomes of it
            (0, 0, Use::GoesOn),
            (59_999, 0, Use::GoesOn),
            (60_000, 0, Use::Touch),
            (12 * HOUR - 1, 0, Use::Touch),
            (12 * HOUR, 0, Use::Ended),
            (week - 1, week - 2, Use::GoesOn),
            (week, week - 1, Use::Ended),
            (-5 * HOUR, 0, Use::GoesOn),
            (i64::MAX, i64::MIN, Use::Ended),
        ];
        for (now, last_used, expected) in table {
            assert_eq!(
                judge(now, last_used, week),
                expected,
                "at {now}, last used at {last_used}"
            );
        }
    }

    #[test]
    fn a_session_says_the_nearer_of_its_two_ends() {
        assert_eq!(ends_at(0, LONGEST_MS), 12 * HOUR);
        assert_eq!(ends_at(LONGEST_MS - HOUR, LONGEST_MS), LONGEST_MS);
        assert_eq!(ends_at(i64::MAX, LONGEST_MS), LONGEST_MS);
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap()))
            .collect()
    }

    #[test]
    fn a_cookie_reads_back_among_others() {
        let session = Secret::from_bytes([3; 32]);
        for (secure, start) in [(false, "rollcall_session="), (true, "__Host-rollcall_session=")] {
            let set = cookie(&session, secure);
            assert!(set.starts_with(start), "{set}");
            assert_eq!(set.contains("; Secure"), secure);
            assert!(set.contains("; HttpOnly; SameSite=Lax"));
            let pair = set.split(';').next().unwrap();
            let carried = carried(&headers(&["theme=dark", &format!("a=b;{pair}; c")]), secure).unwrap();
            assert_eq!(carried.as_bytes(), session.as_bytes());
        }
    }

    #[test]
    fn over_tls_the_plain_cookie_counts_for_nothing() {
        let plain = format!("rollcall_session={}", Secret::from_bytes([3; 32]));
        assert!(carried(&headers(&[&plain]), false).is_some());
        assert!(carried(&headers(&[&plain]), true).is_none());
    }

    #[test]
    fn a_cookie_that_holds_anything_else_is_no_session() {
        for line in [
            "",
            ";",
            "=",
            "rollcall_session",
            "rollcall_session=",
            "rollcall_session=abc",
            "x=y; ;;=;",
        ] {
            assert!(carried(&headers(&[line]), false).is_none(), "{line:?}");
        }
    }

    #[test]
    fn a_cleared_cookie_ends_at_once() {
        assert_eq!(
            cleared_cookie(true),
            "__Host-rollcall_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
