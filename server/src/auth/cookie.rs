//! Cookies that let somebody in: which one a request carries, and how a browser is given one.

use http::{HeaderMap, header};

/// A kind of cookie.
#[derive(Debug, Clone, Copy)]
pub struct Cookie {
    /// Its name over TLS. With the prefix `__Host-` browsers refuse it from anything but a secure answer of this very
    /// host (RFC 6265bis, section 4.1.3.2), so no neighbour and nobody on the wire can plant one.
    pub secure: &'static str,
    /// Its name without TLS, where browsers refuse the prefix.
    pub plain: &'static str,
    /// For how long the browser keeps it.
    pub max_age_s: i64,
}

impl Cookie {
    const fn name(&self, secure: bool) -> &'static str {
        if secure { self.secure } else { self.plain }
    }

    /// What a request carries in it. A request over TLS is not asked for the cookie that one without TLS could have
    /// planted. Where a cookie is sent twice the first one counts, as everywhere.
    #[must_use]
    pub fn carried<'h>(&self, headers: &'h HeaderMap, secure: bool) -> Option<&'h str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == self.name(secure)).then_some(value))
    }

    /// The `Set-Cookie` that gives it to a browser.
    ///
    /// `Lax`, not `Strict`: links to Rollcall come from chats and mails, and what they open must know its reader,
    /// also where it is an answer of the API itself. Nothing that changes anything is a GET, and the others are
    /// checked for their origin besides (`docs/SECURITY.md`).
    #[must_use]
    pub fn set(&self, value: &str, secure: bool) -> String {
        self.written(value, self.max_age_s, secure)
    }

    /// The `Set-Cookie` that takes it away.
    #[must_use]
    pub fn cleared(&self, secure: bool) -> String {
        self.written("", 0, secure)
    }

    fn written(&self, value: &str, max_age_s: i64, secure: bool) -> String {
        let name = self.name(secure);
        let over_tls = if secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{over_tls}")
    }
}
