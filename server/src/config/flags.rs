//! The command line. All values are text here: flags, environment and file are judged by the same code.

use std::collections::BTreeMap;

use clap::Parser;

/// What `--help` says at its end.
const AFTER_HELP: &str = "Every flag may also be a variable of the environment (--public-url is \
ROLLCALL_PUBLIC_URL; several values are separated by commas) or a key in the file (public-url = \"...\"). \
A flag wins over the environment, that over the file.";

/// Not a doc comment: its addresses would read as links.
const DATABASE_HELP: &str =
    "Database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME [default: sqlite://<data>/rollcall.db]";

/// The presence server: agents report here, people ask here who is here.
#[derive(Debug, Parser)]
#[command(name = "rollcall-server", version, after_help = AFTER_HELP)]
pub struct Flags {
    /// Configuration file [default: rollcall.toml, where it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// Address and port to listen on; may be repeated; port 0 is any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Where UDP is taken, for loopback packets; may be repeated; off: nowhere [default: as --listen]
    #[arg(long, value_name = "ADDRESS")]
    loopback_listen: Vec<String>,
    /// Folder for the embedded database and the server's own certificate [default: data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
    #[arg(long, value_name = "URL", help = DATABASE_HELP)]
    database: Option<String>,
    /// How agents and people reach the server [default: the first address listened on]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// For demonstrations only: how long a minute of the settings lasts, 100ms to 60s [default: 60s]
    #[arg(long, value_name = "DURATION")]
    minute: Option<String>,
    /// For a new database: agents send heartbeat every so many minutes [default: 10]
    #[arg(long, value_name = "MINUTES", allow_hyphen_values = true)]
    heartbeat_every: Option<String>,
    /// For a new database: an agent is offline after so many minutes without contact [default: 60]
    #[arg(long, value_name = "MINUTES", allow_hyphen_values = true)]
    offline_after: Option<String>,
    /// For a new database: agents poll every so many minutes [default: 30]
    #[arg(long, value_name = "MINUTES", allow_hyphen_values = true)]
    poll_every: Option<String>,
    /// Certificate chain (PEM) for TLS; with --tls-key
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Private key (PEM) for TLS; with --tls-cert
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// TLS with a certificate that the server makes itself; agents know it by its fingerprint
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    tls_self_signed: Option<String>,
    /// Proxy whose word about the client's address counts; may be repeated [default: none]
    #[arg(long, value_name = "RANGE")]
    trusted_proxy: Vec<String>,
    /// Header by which the trusted proxies name the client: x-forwarded-for or forwarded
    /// [default: x-forwarded-for]
    #[arg(long, value_name = "NAME")]
    proxy_header: Option<String>,
    /// Who may read /metrics and /readyz besides this machine; may be repeated [default: nobody]
    #[arg(long, value_name = "RANGE")]
    metrics_allow: Vec<String>,
    /// How to log: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// What to log: error, warn, info, debug, trace, or a list by module [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// The largest version of a component that is taken: 1KiB to 1TiB [default: 1GiB]
    #[arg(long, value_name = "SIZE")]
    component_limit: Option<String>,
    /// Write address and first-run links to this file once the server listens
    #[arg(long, value_name = "FILE")]
    announce: Option<String>,
}

impl Flags {
    /// The flags that were given, by key.
    #[must_use]
    pub fn given(self) -> BTreeMap<&'static str, Vec<String>> {
        let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
        [
            ("listen", self.listen),
            ("loopback-listen", self.loopback_listen),
            ("data", one(self.data)),
            ("database", one(self.database)),
            ("public-url", one(self.public_url)),
            ("minute", one(self.minute)),
            ("heartbeat-every", one(self.heartbeat_every)),
            ("offline-after", one(self.offline_after)),
            ("poll-every", one(self.poll_every)),
            ("tls-cert", one(self.tls_cert)),
            ("tls-key", one(self.tls_key)),
            ("tls-self-signed", one(self.tls_self_signed)),
            ("trusted-proxy", self.trusted_proxy),
            ("proxy-header", one(self.proxy_header)),
            ("metrics-allow", self.metrics_allow),
            ("log-format", one(self.log_format)),
            ("log", one(self.log)),
            ("component-limit", one(self.component_limit)),
            ("announce", one(self.announce)),
        ]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::config::keys;

    #[test]
    fn every_key_is_a_flag_and_every_flag_a_key() {
        let command = Flags::command();
        let flags: std::collections::BTreeSet<_> = command
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .filter(|flag| !["help", "version", "config"].contains(flag))
            .collect();
        let keys = keys::ALL.iter().map(|key| key.name).collect();
        assert_eq!(flags, keys);
    }

    #[test]
    fn every_flag_that_is_given_arrives_under_its_key() {
        let args = std::iter::once("rollcall-server".to_owned())
            .chain(keys::ALL.iter().map(|key| format!("--{}=1", key.name)));
        let given = Flags::try_parse_from(args).unwrap().given();
        assert_eq!(given.len(), keys::ALL.len());
    }
}
