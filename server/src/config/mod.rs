//! What the server is told at its start, and the only place that reads flags, environment and `rollcall.toml`.
//!
//! A flag wins over the environment, that over the file, that over the default. Whatever is wrong is refused
//! with the name that the operator used for it, what is allowed, and what was given. After that nobody checks
//! again: the types of [`Config`] hold only what may be. Not for what admins set at run time: those are the
//! settings, in the database.

pub mod database_url;
pub mod families;
pub mod flags;
pub mod keys;
pub mod logging;
pub mod origin;
pub mod proxy_header;
pub mod public_url;
pub mod ranges;
mod sources;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rollcall_shared::console_api::Listens;
use rollcall_shared::{Minutes, Settings};

pub use database_url::DatabaseUrl;
pub use logging::{LogFormat, Logging};
pub use origin::{ConfigError, Origin};
pub use proxy_header::ProxyHeader;
pub use public_url::PublicUrl;
pub use ranges::Ranges;
use sources::Sources;

/// Where the server listens unless it is told otherwise: on this machine only.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

/// How long a minute of the settings lasts: a real one.
const DEFAULT_MINUTE: Duration = Duration::from_mins(1);

/// The most bytes of one version of a component, unless more is wished for: what an upload by mistake may take of the
/// disk.
const DEFAULT_COMPONENT_LIMIT: u64 = 1 << 30;

/// Nobody means less, nor more.
const SMALLEST_COMPONENT_LIMIT: u64 = 1 << 10;
const LARGEST_COMPONENT_LIMIT: u64 = 1 << 40;

/// The shortest minute of a demonstration. Below it the tick of the engine is no longer short beside a lease.
const SHORTEST_MINUTE: Duration = Duration::from_millis(100);

/// Everything that the server is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; at least one. Port 0 lets the system choose.
    pub listen: Vec<SocketAddr>,
    /// Where to take loopback packets.
    pub loopback_listen: LoopbackListen,
    /// The folder for what the server keeps: the embedded database, its own certificate.
    pub data: PathBuf,
    /// The database.
    pub database: DatabaseUrl,
    /// How agents and people reach the server, where that was said.
    pub public_url: Option<PublicUrl>,
    /// How long a minute of the settings lasts. 60 seconds but for demonstrations.
    pub minute: Duration,
    /// Version 1 of the settings, for a database that has none yet.
    pub settings: Settings,
    /// Who encrypts.
    pub tls: Tls,
    /// The proxies whose word about the client's address and scheme counts.
    pub trusted_proxies: Ranges,
    /// The header that they write.
    pub proxy_header: ProxyHeader,
    /// Who may read `/metrics` and `/readyz`, besides this machine.
    pub metrics_allow: Ranges,
    /// What is logged, and how.
    pub log: Logging,
    /// The most bytes of one version of a component.
    pub component_limit: u64,
    /// A file that the server writes its address and first-run links to once it listens.
    pub announce: Option<PathBuf>,
    /// The file that was read, where there was one.
    pub file: Option<PathBuf>,
}

/// Where loopback packets are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoopbackListen {
    /// On the addresses and ports of HTTP.
    AsHttp,
    /// Nowhere.
    Off,
    /// There.
    At(Vec<SocketAddr>),
}

/// Who encrypts what is said to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Nobody here: a proxy, or nobody at all.
    Off,
    /// The server, with these PEM files.
    Files {
        /// The certificate and those that signed it, leaf first.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// The server, with a certificate that it makes itself; agents know it by its fingerprint.
    SelfSigned,
}

impl Config {
    /// Reads this process's flags and environment, and the file.
    ///
    /// # Errors
    /// Where something is wrong, or `--help` or `--version` was asked for: see [`ConfigError::exit_code`].
    pub fn of_this_process() -> Result<Self, ConfigError> {
        Self::load(std::env::args_os(), |name| {
            // A value that is not UTF-8 shows its faults in the refusal instead of passing for unset.
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// Which families of addresses agents can come by. A proxy in front may take both, whatever is listened on here.
    #[must_use]
    pub fn listens(&self) -> Listens {
        let (mut v4, mut v6) = (false, false);
        for address in &self.listen {
            match address {
                SocketAddr::V4(_) => v4 = true,
                SocketAddr::V6(address) => {
                    // A socket at `::` takes IPv4 too.
                    v6 = true;
                    v4 |= address.ip().is_unspecified();
                }
            }
        }
        match (v4, v6) {
            _ if !self.trusted_proxies.0.is_empty() => Listens::Both,
            (true, false) => Listens::Ipv4,
            (false, true) => Listens::Ipv6,
            _ => Listens::Both,
        }
    }

    /// Reads these flags (the first is the program's name), this environment, and the file that they name.
    ///
    /// # Errors
    /// Where something is wrong, or `--help` or `--version` was asked for: see [`ConfigError::exit_code`].
    pub fn load<A, T>(args: A, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError>
    where
        A: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let sources = Sources::read(args, &env)?;
        let listen = sources.many(&keys::LISTEN, |text| {
            text.parse::<SocketAddr>().map_err(|_| "no such address")
        })?;
        let listen = if listen.is_empty() {
            vec![DEFAULT_LISTEN]
        } else {
            listen
        };
        let data = sources
            .one(&keys::DATA, path)?
            .unwrap_or_else(|| PathBuf::from("data"));
        let database = sources
            .secret(&keys::DATABASE, DatabaseUrl::parse, DatabaseUrl::without_password)?
            .unwrap_or_else(|| DatabaseUrl::file_in(&data));
        Ok(Self {
            listen,
            loopback_listen: loopback_listen(&sources)?,
            database,
            public_url: sources.one(&keys::PUBLIC_URL, PublicUrl::parse)?,
            minute: sources.one(&keys::MINUTE, minute)?.unwrap_or(DEFAULT_MINUTE),
            settings: settings(&sources)?,
            tls: tls(&sources)?,
            trusted_proxies: Ranges(sources.many(&keys::TRUSTED_PROXY, ranges::parse)?),
            proxy_header: sources
                .one(&keys::PROXY_HEADER, ProxyHeader::parse)?
                .unwrap_or_default(),
            metrics_allow: Ranges(sources.many(&keys::METRICS_ALLOW, ranges::parse)?),
            log: Logging {
                format: sources
                    .one(&keys::LOG_FORMAT, LogFormat::parse)?
                    .unwrap_or(LogFormat::Text),
                filter: sources
                    .one(&keys::LOG, logging::filter)?
                    .unwrap_or_else(|| logging::DEFAULT_FILTER.to_owned()),
            },
            component_limit: sources
                .one(&keys::COMPONENT_LIMIT, size)?
                .unwrap_or(DEFAULT_COMPONENT_LIMIT),
            announce: sources.one(&keys::ANNOUNCE, path)?,
            file: sources.file().map(PathBuf::from),
            data,
        })
    }

    /// Whether the server itself encrypts.
    #[must_use]
    pub fn encrypts(&self) -> bool {
        self.tls != Tls::Off
    }

    /// How agents and people reach the server: what was said, else the first of the addresses listened on.
    ///
    /// An address that stands for all of the machine (`0.0.0.0`, `::`) is no address to call, so loopback is
    /// named instead: right on this machine, and on every other a reason to set `public-url`.
    #[must_use]
    pub fn reached_at(&self, listening: &[SocketAddr]) -> PublicUrl {
        self.public_url.clone().unwrap_or_else(|| {
            let address = listening.first().copied().unwrap_or(DEFAULT_LISTEN);
            PublicUrl::of(address, self.encrypts())
        })
    }
}

fn loopback_listen(sources: &Sources) -> Result<LoopbackListen, ConfigError> {
    let given = sources.many(&keys::LOOPBACK_LISTEN, |text| match text {
        "off" => Ok(None),
        address => address
            .parse::<SocketAddr>()
            .map(Some)
            .map_err(|_| "neither an address nor off"),
    })?;
    let addresses: Vec<SocketAddr> = given.iter().copied().flatten().collect();
    match (given.len(), addresses.len()) {
        (0, _) => Ok(LoopbackListen::AsHttp),
        (_, 0) => Ok(LoopbackListen::Off),
        (given, addresses) if given != addresses => Err(ConfigError::Wrong {
            origin: sources.origin_of(keys::LOOPBACK_LISTEN.name),
            allowed: "either addresses or off".to_owned(),
            given: "both".to_owned(),
        }),
        _ => Ok(LoopbackListen::At(addresses)),
    }
}

fn path(text: &str) -> Result<PathBuf, &'static str> {
    if text.trim().is_empty() {
        return Err("empty");
    }
    Ok(PathBuf::from(text))
}

/// A duration with its unit, from a tenth of a second to a minute.
fn minute(text: &str) -> Result<Duration, &'static str> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let count: u64 = digits.parse().map_err(|_| "no duration")?;
    let duration = match &text[digits.len()..] {
        "ms" => Duration::from_millis(count),
        "s" => Duration::from_secs(count),
        "m" => Duration::from_secs(count.saturating_mul(60)),
        _ => return Err("no unit of time"),
    };
    if (SHORTEST_MINUTE..=DEFAULT_MINUTE).contains(&duration) {
        Ok(duration)
    } else {
        Err("out of range")
    }
}

/// A size with its unit. A whole number, so that nobody has to guess how it is rounded.
fn size(text: &str) -> Result<u64, &'static str> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let count: u64 = digits.parse().map_err(|_| "no size")?;
    let unit = match &text[digits.len()..] {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err("no unit of size"),
    };
    let size = count.saturating_mul(unit);
    if (SMALLEST_COMPONENT_LIMIT..=LARGEST_COMPONENT_LIMIT).contains(&size) {
        Ok(size)
    } else {
        Err("out of range")
    }
}

fn minutes(text: &str) -> Result<Minutes, &'static str> {
    let count: i64 = text.parse().map_err(|_| "no whole number")?;
    Minutes::try_new(count).map_err(|_| "out of range")
}

/// Version 1 of the settings, judged by the rules that the console and the API judge them by.
fn settings(sources: &Sources) -> Result<Settings, ConfigError> {
    let defaults = Settings::default();
    let settings = Settings {
        heartbeat_every: sources
            .one(&keys::HEARTBEAT_EVERY, minutes)?
            .unwrap_or(defaults.heartbeat_every),
        offline_after: sources
            .one(&keys::OFFLINE_AFTER, minutes)?
            .unwrap_or(defaults.offline_after),
        poll_every: sources
            .one(&keys::POLL_EVERY, minutes)?
            .unwrap_or(defaults.poll_every),
        ..defaults
    };
    match settings.refusals().into_iter().next() {
        None => Ok(settings),
        Some(refusal) => Err(ConfigError::Wrong {
            origin: sources.origin_of(&refusal.field.replace('_', "-")),
            allowed: format!("{} {}", refusal.allowed.unwrap_or_default(), refusal.detail),
            given: refusal.given.unwrap_or_default(),
        }),
    }
}

fn tls(sources: &Sources) -> Result<Tls, ConfigError> {
    let cert = sources.one(&keys::TLS_CERT, path)?;
    let key = sources.one(&keys::TLS_KEY, path)?;
    let self_signed = sources.one(&keys::TLS_SELF_SIGNED, switch)?.unwrap_or(false);
    let lonely = |name: &'static str, other: &str| ConfigError::Wrong {
        origin: sources.origin_of(name),
        allowed: format!("only together with {other}"),
        given: format!("{name} without {other}"),
    };
    match (cert, key, self_signed) {
        (None, None, false) => Ok(Tls::Off),
        (None, None, true) => Ok(Tls::SelfSigned),
        (Some(cert), Some(key), false) => Ok(Tls::Files { cert, key }),
        (Some(_), None, _) => Err(lonely("tls-cert", "tls-key")),
        (None, Some(_), _) => Err(lonely("tls-key", "tls-cert")),
        (Some(_), Some(_), true) => Err(ConfigError::Wrong {
            origin: sources.origin_of("tls-self-signed"),
            allowed: "either tls-self-signed or tls-cert with tls-key".to_owned(),
            given: "both".to_owned(),
        }),
    }
}

fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("neither true nor false"),
    }
}

#[cfg(test)]
mod tests;
