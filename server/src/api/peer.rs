//! Who is at the other end: the address that counts, and whether what is said is encrypted on the way.
//!
//! That is the socket's peer, or, where it is a trusted proxy, whom the proxy says that it speaks for. Only one
//! header is believed, the one that the proxies are configured to write: the other may be the client's own
//! invention that a proxy passed on untouched.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Request};

use super::answer::Refusal;
use super::forwarded::{self, Hop};
use crate::config::{ProxyHeader, Ranges};

/// The client of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address; an IPv4-mapped IPv6 address is given as IPv4.
    pub address: IpAddr,
    /// Whether it speaks TLS, to us or to a trusted proxy: cookies are then marked `Secure`.
    pub secure: bool,
    /// Whether an untrusted peer claims to forward for somebody else. It counts as itself, but what is only
    /// for this machine must not be given to whoever may stand behind a proxy on it.
    pub forwards: bool,
    /// The own address at which its connection came in, where it speaks for itself: to it that is the server's.
    pub reached: Option<IpAddr>,
}

/// Which proxies are believed, and what they write.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Their addresses.
    pub proxies: Ranges,
    /// The header that they write.
    pub header: ProxyHeader,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

impl Peer {
    /// A client that speaks to us directly.
    #[must_use]
    pub fn direct(address: IpAddr, secure: bool) -> Self {
        Self {
            address: address.to_canonical(),
            secure,
            forwards: false,
            reached: None,
        }
    }

    /// `https` or `http`.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

impl Trust {
    /// Notes the client of a request in it, for the extractor: that of a connection from `socket` to our own address
    /// `reached`.
    pub fn note<B>(
        &self,
        request: &mut Request<B>,
        socket: IpAddr,
        reached: Option<IpAddr>,
        encrypted: bool,
    ) {
        let mut peer = self.peer(socket, encrypted, request.headers());
        // What a proxy reached is nothing that its client could.
        peer.reached = reached
            .filter(|_| peer.address == socket.to_canonical())
            .map(|address| address.to_canonical());
        request.extensions_mut().insert(peer);
    }

    /// The client behind a socket.
    ///
    /// From the nearest hop to the farthest, the first that is no trusted proxy. A hop that hides itself
    /// (`unknown`, `_obfuscated`) or is garbage ends the walk at the proxy that named it.
    #[must_use]
    pub fn peer(&self, socket: IpAddr, encrypted: bool, headers: &HeaderMap) -> Peer {
        let mut peer = Peer::direct(socket, encrypted);
        if !self.proxies.contain(peer.address) {
            peer.forwards =
                headers.contains_key(http::header::FORWARDED) || headers.contains_key(X_FORWARDED_FOR);
            return peer;
        }
        for hop in self.hops(headers).into_iter().rev() {
            if let Some(secure) = hop.secure {
                peer.secure = secure;
            }
            let Some(address) = hop.address else { break };
            peer.address = address.to_canonical();
            if !self.proxies.contain(peer.address) {
                break;
            }
        }
        peer
    }

    /// The hops before the socket's peer, farthest first.
    fn hops(&self, headers: &HeaderMap) -> Vec<Hop> {
        let texts = |name: &HeaderName| {
            headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect::<Vec<_>>()
                .join(",")
        };
        match self.header {
            ProxyHeader::Forwarded => forwarded::standard(&texts(&http::header::FORWARDED)),
            ProxyHeader::XForwardedFor => {
                forwarded::customary(&texts(&X_FORWARDED_FOR), &texts(&X_FORWARDED_PROTO))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts
            .extensions
            .get::<Self>()
            .copied()
            .ok_or_else(|| Refusal::internal(&NoPeer))
    }
}

/// A request that did not come through [`super::serve`] and had no peer noted in it.
#[derive(Debug, thiserror::Error)]
#[error("nobody noted the peer of this request")]
struct NoPeer;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::config::ranges;

    fn trust(header: ProxyHeader) -> Trust {
        Trust {
            proxies: Ranges(vec![
                ranges::parse("127.0.0.1").unwrap(),
                ranges::parse("10.0.0.0/8").unwrap(),
                ranges::parse("fd00::/8").unwrap(),
            ]),
            header,
        }
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        headers
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn the_address_that_counts_is_the_nearest_that_is_no_trusted_proxy() {
        use ProxyHeader::{Forwarded, XForwardedFor};
        let xff = "x-forwarded-for";
        let standard = "forwarded";
        for (header, socket, lines, expected) in [
            // No proxy, no header.
            (XForwardedFor, "192.0.2.9", vec![], "192.0.2.9"),
            (XForwardedFor, "::ffff:192.0.2.9", vec![], "192.0.2.9"),
            // An untrusted peer may say what it likes.
            (
                XForwardedFor,
                "192.0.2.9",
                vec![(xff, "203.0.113.1")],
                "192.0.2.9",
            ),
            (
                Forwarded,
                "192.0.2.9",
                vec![(standard, "for=203.0.113.1")],
                "192.0.2.9",
            ),
            // A trusted one is believed.
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "203.0.113.1")],
                "203.0.113.1",
            ),
            (
                XForwardedFor,
                "::ffff:127.0.0.1",
                vec![(xff, "::ffff:203.0.113.1")],
                "203.0.113.1",
            ),
            (XForwardedFor, "127.0.0.1", vec![], "127.0.0.1"),
            // Only about the hop that it saw: what stands farther left may be invented.
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "1.1.1.1, 203.0.113.1")],
                "203.0.113.1",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "1.1.1.1, 203.0.113.1, 10.0.0.7")],
                "203.0.113.1",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "1.1.1.1"), (xff, "203.0.113.1")],
                "203.0.113.1",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "10.0.0.1, 10.0.0.2")],
                "10.0.0.1",
            ),
            // The header that these proxies do not write is the client's invention.
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(standard, "for=1.1.1.1"), (xff, "203.0.113.1")],
                "203.0.113.1",
            ),
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, "for=203.0.113.1"), (xff, "1.1.1.1")],
                "203.0.113.1",
            ),
            // With ports, quoted, IPv6 in brackets.
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "203.0.113.1:4711")],
                "203.0.113.1",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "[2001:db8::1]:4711")],
                "2001:db8::1",
            ),
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, r#"for="[2001:db8::1]:4711";proto=https"#)],
                "2001:db8::1",
            ),
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, r#"For="203.0.113.1:80" ; by=10.0.0.1"#)],
                "203.0.113.1",
            ),
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, r"for=1.1.1.1"), (standard, "for=203.0.113.1")],
                "203.0.113.1",
            ),
            (
                Forwarded,
                "fd00::1",
                vec![(standard, r#"for=1.1.1.1, for=203.0.113.1, for="[fd00::2]""#)],
                "203.0.113.1",
            ),
            // A comma in quotes does not part.
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, r#"for=203.0.113.1;ext="a, for=1.1.1.1""#)],
                "203.0.113.1",
            ),
            // Who hides, or is garbage, is as far as we can see.
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, "for=203.0.113.1, for=unknown")],
                "127.0.0.1",
            ),
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, "for=203.0.113.1, for=_hidden, for=10.0.0.3")],
                "10.0.0.3",
            ),
            (
                Forwarded,
                "127.0.0.1",
                vec![(standard, r#"for="203.0.113.1"#)],
                "127.0.0.1",
            ),
            (Forwarded, "127.0.0.1", vec![(standard, "=;,;=\"\\")], "127.0.0.1"),
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "not an address")],
                "127.0.0.1",
            ),
            (XForwardedFor, "127.0.0.1", vec![(xff, ",,,")], "127.0.0.1"),
            (
                XForwardedFor,
                "127.0.0.1",
                vec![(xff, "203.0.113.1, \u{fc}\u{fc}")],
                "127.0.0.1",
            ),
        ] {
            let peer = trust(header).peer(socket.parse().unwrap(), false, &headers(&lines));
            assert_eq!(peer.address.to_string(), expected, "{socket} {lines:?}");
        }
    }

    #[test]
    fn ten_thousand_entries_are_read_once_from_the_near_end() {
        let forged = vec!["1.1.1.1"; 10_000].join(",");
        let lines = [
            ("x-forwarded-for", forged.as_str()),
            ("x-forwarded-for", "203.0.113.1"),
        ];
        let peer = trust(ProxyHeader::XForwardedFor).peer([127, 0, 0, 1].into(), false, &headers(&lines));
        assert_eq!(peer.address.to_string(), "203.0.113.1");
        let quotes = "for=\"".repeat(10_000);
        let lines = [("forwarded", quotes.as_str())];
        let peer = trust(ProxyHeader::Forwarded).peer([127, 0, 0, 1].into(), false, &headers(&lines));
        assert_eq!(peer.address.to_string(), "127.0.0.1");
    }

    #[test]
    fn the_scheme_is_ours_or_what_a_trusted_proxy_says() {
        let xff = ("x-forwarded-for", "203.0.113.1");
        let https = ("x-forwarded-proto", "https");
        for (header, socket, encrypted, lines, secure) in [
            (ProxyHeader::XForwardedFor, "192.0.2.9", true, vec![], true),
            (
                ProxyHeader::XForwardedFor,
                "192.0.2.9",
                false,
                vec![xff, https],
                false,
            ),
            (
                ProxyHeader::XForwardedFor,
                "127.0.0.1",
                false,
                vec![xff, https],
                true,
            ),
            (ProxyHeader::XForwardedFor, "127.0.0.1", false, vec![xff], false),
            (
                ProxyHeader::XForwardedFor,
                "127.0.0.1",
                true,
                vec![xff, ("x-forwarded-proto", "http")],
                false,
            ),
            (
                ProxyHeader::Forwarded,
                "127.0.0.1",
                false,
                vec![("forwarded", "for=1.1.1.1;proto=https")],
                true,
            ),
            (
                ProxyHeader::Forwarded,
                "127.0.0.1",
                false,
                vec![("forwarded", "for=1.1.1.1;proto=gopher")],
                false,
            ),
        ] {
            let peer = trust(header).peer(socket.parse().unwrap(), encrypted, &headers(&lines));
            assert_eq!(peer.secure, secure, "{socket} {lines:?}");
        }
    }

    #[test]
    fn an_untrusted_peer_that_forwards_is_known_as_one() {
        let lines = [("x-forwarded-for", "203.0.113.1")];
        let untrusted = Trust::default().peer([127, 0, 0, 1].into(), false, &headers(&lines));
        assert!(untrusted.forwards);
        let trusted = trust(ProxyHeader::XForwardedFor).peer([127, 0, 0, 1].into(), false, &headers(&lines));
        assert!(!trusted.forwards);
    }
}
