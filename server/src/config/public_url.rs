//! How agents and people reach the server: a scheme, a host, a port.
//!
//! It goes into the enrolment line and the first admin's link, and it is one of the two origins that a browser
//! may write from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// An origin, as RFC 6454 has it: no path, no trailing slash, the default port left out, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Arc<str>);

impl PublicUrl {
    /// Takes an `http` or `https` address of a host, with or without a port and a trailing slash.
    ///
    /// # Errors
    /// Where it is anything else: credentials, a path or a query have no meaning here.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let lower = text.trim().to_ascii_lowercase();
        let uri: http::Uri = lower.trim_end_matches('/').parse().map_err(|_| "no address")?;
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return Err("neither http nor https");
        };
        let authority = uri.authority().ok_or("no host")?;
        let has_path = !matches!(uri.path(), "" | "/") || uri.query().is_some();
        if has_path || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err("more than a host");
        }
        // `http://host:port-that-is-no-number` parses as an authority; its port does not.
        if authority.as_str().len() > authority.host().len() && authority.port_u16().is_none() {
            return Err("no port");
        }
        let standard = if scheme == "https" { 443 } else { 80 };
        let host = authority.host();
        let origin = match authority.port_u16() {
            Some(port) if port != standard => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        };
        Ok(Self(origin.into()))
    }

    /// The address of a listener. One that stands for the whole machine is called by loopback.
    #[must_use]
    pub fn of(mut address: SocketAddr, encrypted: bool) -> Self {
        address.set_ip(match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        });
        let scheme = if encrypted { "https" } else { "http" };
        let whole = format!("{scheme}://{address}");
        // Once more through the parser, so that a default port is left out here as well.
        Self::parse(&whole).unwrap_or_else(|_| Self(whole.into()))
    }

    /// The origin: `https://rollcall.example.org`, `http://127.0.0.1:8080`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without the port; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether it is reached by TLS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_and_brought_to_its_plain_form() {
        for (given, plain) in [
            (
                "https://rollcall.example.org",
                Some("https://rollcall.example.org"),
            ),
            (
                "https://Rollcall.example.org:443/",
                Some("https://rollcall.example.org"),
            ),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:80", Some("http://[::1]")),
            ("http://[fd00::1]", Some("http://[fd00::1]")),
            ("https://example.org/rollcall", None),
            ("https://example.org?x=1", None),
            ("https://user:secret@example.org", None),
            ("ftp://example.org", None),
            ("http://example.org:99999", None),
            ("http://", None),
            ("example.org", None),
            ("", None),
        ] {
            let parsed = PublicUrl::parse(given).ok();
            assert_eq!(parsed.as_ref().map(PublicUrl::as_str), plain, "{given}");
        }
    }

    #[test]
    fn the_host_is_told_without_port_and_brackets() {
        for (url, host) in [
            ("https://rollcall.example.org:8443", "rollcall.example.org"),
            ("http://[fd00::1]:8080", "fd00::1"),
            ("http://127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().host(), host);
        }
    }

    #[test]
    fn a_listener_on_every_address_is_called_by_loopback() {
        for (address, encrypted, url) in [
            ("0.0.0.0:8080", false, "http://127.0.0.1:8080"),
            ("[::]:443", true, "https://[::1]"),
            ("192.0.2.1:80", false, "http://192.0.2.1"),
        ] {
            assert_eq!(PublicUrl::of(address.parse().unwrap(), encrypted).as_str(), url);
        }
    }
}
