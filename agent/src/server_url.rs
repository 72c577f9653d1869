//! The address of a server, parsed once: `https://host[:port][/prefix]`.
//!
//! A prefix is for servers behind a proxy that mounts them below a path. User names, queries and fragments are
//! refused, so that no credential ends up in a log.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use hyper::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    https: bool,
    host: String,
    port: u16,
    prefix: String,
}

/// A text that is no server's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a server's address: {why}; allowed is https://host[:port]")]
pub(crate) struct InvalidUrl {
    given: String,
    why: &'static str,
}

impl ServerUrl {
    /// Whether calls are encrypted.
    pub(crate) const fn is_https(&self) -> bool {
        self.https
    }

    /// The host, without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port, written or meant.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The path of a call below this address.
    pub(crate) fn path(&self, call: &str) -> String {
        format!("{}/api/agent/v1/{call}", self.prefix)
    }

    /// As the `Host` header has it.
    pub(crate) fn authority(&self) -> String {
        let usual = if self.https { 443 } else { 80 };
        let brackets = self.host.contains(':');
        match (brackets, self.port == usual) {
            (false, true) => self.host.clone(),
            (true, true) => format!("[{}]", self.host),
            (false, false) => format!("{}:{}", self.host, self.port),
            (true, false) => format!("[{}]:{}", self.host, self.port),
        }
    }

    /// Whether what is sent there never leaves this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl FromStr for ServerUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let wrong = |why| InvalidUrl {
            given: text.chars().take(200).collect(),
            why,
        };
        let hidden = |why| InvalidUrl {
            given: "(not repeated)".to_owned(),
            why,
        };
        if text.contains('@') {
            return Err(hidden("it names a user or a password"));
        }
        if text.contains(['?', '#']) {
            return Err(hidden("it has a query or a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| wrong("it cannot be read"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("it does not begin with https://")),
        };
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(wrong("it names no host"));
        }
        let port = match uri.port() {
            Some(port) => port.as_u16(),
            None if https => 443,
            None => 80,
        };
        if port == 0 {
            return Err(wrong("its port is 0"));
        }
        Ok(Self {
            https,
            host: host.to_ascii_lowercase(),
            port,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(out, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}

impl Serialize for ServerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_written_as_it_is_meant() {
        for (given, meant) in [
            ("https://Roll.example/", "https://roll.example"),
            ("https://roll.example:443", "https://roll.example"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            (
                "https://[2001:db8::1]:8443/roll/",
                "https://[2001:db8::1]:8443/roll",
            ),
        ] {
            assert_eq!(url(given).to_string(), meant);
            assert_eq!(url(meant), url(given));
        }
        assert_eq!(url("https://a/roll/").path("enroll"), "/roll/api/agent/v1/enroll");
        assert_eq!(url("https://a").path("enroll"), "/api/agent/v1/enroll");
    }

    #[test]
    fn what_is_no_servers_address_is_refused_without_repeating_a_password() {
        for given in [
            "",
            "roll.example",
            "ftp://a",
            "https://",
            "https://a:0",
            "https://a/?b",
            "//a",
            "/a",
        ] {
            assert!(given.parse::<ServerUrl>().is_err(), "{given}");
        }
        let refused = "https://me:secret@a"
            .parse::<ServerUrl>()
            .unwrap_err()
            .to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (given, loopback) in [
            ("http://127.0.0.1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://LOCALHOST:8080", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
            ("http://128.0.0.1", false),
        ] {
            assert_eq!(url(given).is_loopback(), loopback, "{given}");
        }
    }
}
