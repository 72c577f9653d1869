//! Where else a component's bytes are: an address of somebody's own distribution point.
//!
//! What comes from there is believed only where its SHA-256 is right, so it may be a plain mirror. No credential goes
//! there, and none may stand in the address.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address that a version's bytes can be had from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceUrl(String);

/// A text that is no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no source: {why}; allowed is {}", SourceUrl::ALLOWED)]
pub struct NotASource {
    given: String,
    why: &'static str,
}

impl SourceUrl {
    /// What is allowed, in words.
    pub const ALLOWED: &'static str =
        "https://host[:port]/path of at most 300 characters; http:// only to the agent's own machine";
    /// Characters at the most.
    pub const LONGEST: usize = 300;

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what comes from there is encrypted on its way.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Scheme and host with its port, and the path with its query behind it.
    #[must_use]
    pub fn split(&self) -> (&str, &str) {
        let host_at = self.0.find("://").map_or(0, |at| at + 3);
        let path_at = self.0.get(host_at..).and_then(|rest| rest.find('/'));
        self.0.split_at(path_at.map_or(self.0.len(), |at| host_at + at))
    }

    /// The host, without port and brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let (authority, _) = self.split();
        let host = authority.rsplit("//").next().unwrap_or_default();
        match host.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether nothing of it leaves the machine that asks.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host
                .parse::<core::net::IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl FromStr for SourceUrl {
    type Err = NotASource;

    fn from_str(text: &str) -> Result<Self, NotASource> {
        let refused = |why| NotASource {
            // A user's name or password is not repeated.
            given: if text.contains('@') {
                "(not repeated)".into()
            } else {
                text.chars().take(100).collect()
            },
            why,
        };
        if text.len() > Self::LONGEST {
            return Err(refused("it is too long"));
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
        {
            return Err(refused("it has a character that no address has"));
        }
        if text.contains(['@', '#']) {
            return Err(refused("it names a user, a password or a fragment"));
        }
        if !text.starts_with("https://") && !text.starts_with("http://") {
            return Err(refused("it does not begin with https://"));
        }
        let source = Self(text.into());
        let (authority, path) = source.split();
        let port = authority
            .rsplit("//")
            .next()
            .unwrap_or_default()
            .strip_prefix('[')
            .map_or_else(
                || authority.rsplit("//").next().unwrap_or_default().split_once(':'),
                |bracketed| bracketed.split_once("]:"),
            )
            .map(|(_, port)| port);
        if source.host().is_empty() {
            return Err(refused("it names no host"));
        }
        if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
            return Err(refused("its port is none"));
        }
        if path.len() < 2 {
            return Err(refused("it names no file"));
        }
        Ok(source)
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Serialize for SourceUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SourceUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed_as(deserializer, Self::ALLOWED)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for SourceUrl {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .max_length(Some(Self::LONGEST))
            .pattern(Some("^https?://"))
            .description(Some(Self::ALLOWED))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for SourceUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_address_with_a_file_and_without_secrets() {
        for (text, authority, host, path) in [
            (
                "https://a.example/av/2.1.0",
                "https://a.example",
                "a.example",
                "/av/2.1.0",
            ),
            (
                "https://a.example:8443/f?x=/y",
                "https://a.example:8443",
                "a.example",
                "/f?x=/y",
            ),
            (
                "https://[2001:db8::1]:8443/f",
                "https://[2001:db8::1]:8443",
                "2001:db8::1",
                "/f",
            ),
            ("http://127.0.0.1:80/f", "http://127.0.0.1:80", "127.0.0.1", "/f"),
        ] {
            let source: SourceUrl = text.parse().unwrap();
            assert_eq!(source.split(), (authority, path));
            assert_eq!(source.host(), host);
            assert_eq!(source.is_loopback(), text.starts_with("http:"), "{text}");
        }
        for wrong in [
            "",
            "https://",
            "https:///f",
            "https://a.example",
            "https://a.example/",
            "https://a.example:0/f",
            "https://a.example:x/f",
            "https://[::1]:x/f",
            "ftp://a.example/f",
            "a.example/f",
            "https://a.example/f#x",
            "https://a.example/a b",
            "https://a.example/\u{e4}",
            "https://a.example/\r\nX:",
            &alloc::format!("https://a.example/{}", "x".repeat(300)),
        ] {
            assert!(wrong.parse::<SourceUrl>().is_err(), "{wrong}");
        }
        let hidden = "https://u:hunter2@a.example/f".parse::<SourceUrl>().unwrap_err();
        assert!(!alloc::format!("{hidden}").contains("hunter2"));
    }
}
