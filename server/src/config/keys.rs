//! The keys of the configuration, each under its three names, with what is allowed.
//!
//! One list, so that the refusal of an unknown key, the refusal of a value and the flags cannot drift apart.

/// A key of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name in the file, and behind `--` its flag.
    pub name: &'static str,
    /// What may be given, in words.
    pub allowed: &'static str,
}

impl Key {
    /// Its name in the environment: `ROLLCALL_` and the flag in capitals, dashes as underscores.
    #[must_use]
    pub fn env(&self) -> String {
        format!("ROLLCALL_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }
}

macro_rules! keys {
    ($($constant:ident = $name:literal: $allowed:literal;)*) => {
        $(
            #[doc = concat!("`", $name, ": ", $allowed, "`.")]
            pub const $constant: Key = Key { name: $name, allowed: $allowed };
        )*

        /// All of them.
        pub const ALL: &[Key] = &[$($constant),*];
    };
}

keys! {
    LISTEN = "listen": "an IP address with a port, such as 127.0.0.1:8080 or [::]:8080 (port 0: any free one)";
    LOOPBACK_LISTEN = "loopback-listen": "an IP address with a port, such as 0.0.0.0:8080, or off";
    DATA = "data": "the path of a folder";
    DATABASE = "database": "sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME";
    PUBLIC_URL = "public-url": "http:// or https:// with a host and no path, such as https://rollcall.example.org";
    MINUTE = "minute": "a duration from 100ms to 60s, such as 2s or 500ms";
    HEARTBEAT_EVERY = "heartbeat-every": "a whole number of minutes from 1 to 129600";
    OFFLINE_AFTER = "offline-after": "a whole number of minutes from 1 to 129600";
    POLL_EVERY = "poll-every": "a whole number of minutes from 1 to 129600";
    TLS_CERT = "tls-cert": "the path of a PEM file";
    TLS_KEY = "tls-key": "the path of a PEM file";
    TLS_SELF_SIGNED = "tls-self-signed": "true or false";
    TRUSTED_PROXY = "trusted-proxy": "an IP address or a range, such as 10.0.0.0/8 or fd00::/8";
    PROXY_HEADER = "proxy-header": "x-forwarded-for or forwarded";
    METRICS_ALLOW = "metrics-allow": "an IP address or a range, such as 10.0.0.0/8 or fd00::/8";
    LOG_FORMAT = "log-format": "text or json";
    LOG = "log": "error, warn, info, debug, trace or a list such as info,rollcall_server=debug";
    COMPONENT_LIMIT = "component-limit": "a size from 1KiB to 1TiB, such as 1GiB, 300MiB or 64KiB";
    ANNOUNCE = "announce": "the path of a file";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_operators_guide_has_every_key_and_no_other() {
        let guide = include_str!("../../../docs/OPERATIONS.md");
        let rows: Vec<_> = guide
            .lines()
            .filter(|line| line.contains("| `ROLLCALL_") && !line.contains("| `ROLLCALL_AGENT_"))
            .filter(|line| !line.starts_with("| `config`"))
            .collect();
        assert_eq!(rows.len(), ALL.len());
        for (row, key) in rows.iter().zip(ALL) {
            let begin = format!("| `{}` | `{}` |", key.name, key.env());
            assert!(row.starts_with(&begin), "{row} should begin with {begin}");
        }
    }
}
