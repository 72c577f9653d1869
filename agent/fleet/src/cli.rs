//! The command line: parsed once, and refused with what is allowed and what was given.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::server_url::ServerUrl;

/// The most agents of one run: what an enrolment token can let in.
pub(crate) const MOST_AGENTS: u32 = 1_000_000;

/// What `--help` says at its end.
const AFTER_HELP: &str = "Scenarios:\n  \
  steady  all are registered, then each sends its heartbeats as the server says, or every --interval\n  \
  max     as fast as --connections allow: how many heartbeats a second the server answers\n  \
  ramp    from none to all over the run\n  \
  herd    all register at one instant\n  \
  outage  all beat, then all fall silent at one instant, and after they went offline all come back\n  \
  flap    a share of them goes silent until it is offline, and comes back, over and over\n\n\
Exit codes: 0 as expected; 1 something failed, or an answer or a transition was not as expected; 2 wrong usage.\n\
docs/SIZING.md says what each scenario tells, and what it cannot tell.";

/// Simulates a fleet: agents with real credentials that speak to a real server as shipped agents do.
#[derive(Debug, Clone, Parser)]
#[command(name = "rollcall-fleet", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    /// The server's address: <http://host:port> or <https://host>
    #[arg(
        long,
        value_name = "URL",
        env = "ROLLCALL_FLEET_SERVER",
        help = "The server's address: https://host[:port]"
    )]
    pub(crate) server: ServerUrl,
    /// How many agents.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_AGENTS)),
        help = "How many agents: 1 to 1000000")]
    pub(crate) agents: u32,
    /// What they do.
    #[arg(long, value_enum, help = "What they do; see below")]
    pub(crate) scenario: Scenario,
    /// The enrolment token for agents that are not in the file of identities yet.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ROLLCALL_FLEET_TOKEN",
        hide_env_values = true,
        help = "An enrolment token with as many uses as agents are to be enrolled; not needed where --user may make \
                one, or where the file has them all"
    )]
    pub(crate) token: Option<String>,
    /// How often each sends a heartbeat.
    #[arg(
        long,
        value_name = "DURATION",
        help = "How often each sends a heartbeat, such as 10s or 500ms [default: as the server dictates]"
    )]
    pub(crate) interval: Option<Span>,
    /// How long the scenario runs.
    #[arg(
        long = "for",
        value_name = "DURATION",
        default_value = "60s",
        help = "How long the scenario runs; for outage, how long all beat before they fall silent; for herd, how \
                long it may take at most"
    )]
    pub(crate) lasting: Span,
    /// How many connections all of them share.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        help = "How many connections all of them share, 1 to 1000000; a real fleet has one each"
    )]
    pub(crate) connections: u32,
    /// Loopback packets as well.
    #[arg(
        long,
        help = "Loopback packets too, over UDP and as agents send them where Loopback mode is all; --interval is then \
                theirs. Not with max"
    )]
    pub(crate) udp: bool,
    /// The share that comes and goes.
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 10,
        value_parser = clap::value_parser!(u8).range(1..=100),
        help = "flap: how many of a hundred come and go, 1 to 100"
    )]
    pub(crate) share: u8,
    /// Where identities are kept.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "rollcall-fleet.identities",
        help = "Where the identities of enrolled agents are kept, so that the next run uses them again"
    )]
    pub(crate) identities: PathBuf,
    /// Who watches the transitions.
    #[arg(
        long,
        value_name = "NAME",
        env = "ROLLCALL_FLEET_USER",
        help = "Signs in as this person to watch the transitions, and to make the token where none is given"
    )]
    pub(crate) user: Option<String>,
    /// Their password.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "ROLLCALL_FLEET_PASSWORD",
        hide_env_values = true,
        help = "Their password; better by the environment, since every user of this machine can read a command line"
    )]
    pub(crate) password: Option<String>,
    /// A session instead.
    #[arg(
        long,
        value_name = "COOKIE",
        env = "ROLLCALL_FLEET_SESSION",
        hide_env_values = true,
        conflicts_with = "user",
        help = "A session of the console instead of a name: rollcall_session=..., as the browser has it"
    )]
    pub(crate) console_session: Option<String>,
    /// Believe exactly this certificate.
    #[arg(
        long,
        value_name = "SHA256HEX",
        help = "Believe exactly the certificate with this SHA-256, 64 hexadecimal digits"
    )]
    pub(crate) fingerprint: Option<String>,
    /// Allow plain HTTP to another machine.
    #[arg(
        long,
        help = "Allow http:// to another machine, which lets everyone on the way read the secrets"
    )]
    pub(crate) allow_plain_http: bool,
    /// The summary as JSON.
    #[arg(long, help = "The summary as one JSON object")]
    pub(crate) json: bool,
}

/// What the agents do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// All beat.
    Steady,
    /// As fast as it goes.
    Max,
    /// From none to all.
    Ramp,
    /// All register at once.
    Herd,
    /// All fall silent, and come back.
    Outage,
    /// A share comes and goes.
    Flap,
}

impl Scenario {
    /// As it is given.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Max => "max",
            Self::Ramp => "ramp",
            Self::Herd => "herd",
            Self::Outage => "outage",
            Self::Flap => "flap",
        }
    }
}

/// A duration as it is typed: `500ms`, `10s`, `2m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub(crate) Duration);

/// The longest duration that is taken: a week.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("allowed is a duration from 1ms to 168h, such as 500ms, 10s, 2m or 1h; given was {given:?}")]
pub(crate) struct InvalidSpan {
    given: String,
}

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let wrong = || InvalidSpan {
            given: text.chars().take(64).collect(),
        };
        let digits = text.find(|one: char| !one.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, unit) = text.split_at(digits);
        let count: u64 = count.parse().map_err(|_| wrong())?;
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let span = count.checked_mul(unit_ms).map(Duration::from_millis);
        span.filter(|span| !span.is_zero() && *span <= LONGEST)
            .map(Self)
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        if ms.is_multiple_of(1_000) {
            write!(out, "{}s", ms / 1_000)
        } else {
            write!(out, "{ms}ms")
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_read_in_four_units() {
        for (text, ms) in [
            ("1ms", 1),
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                text.parse::<Span>().unwrap().0,
                Duration::from_millis(ms),
                "{text}"
            );
        }
        assert_eq!("90s".parse::<Span>().unwrap().to_string(), "90s");
        assert_eq!("1500ms".parse::<Span>().unwrap().to_string(), "1500ms");
    }

    #[test]
    fn what_is_no_duration_is_refused_with_what_is_allowed_and_what_was_given() {
        for text in [
            "",
            "10",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "10 s",
            "10d",
            "169h",
            "99999999999999999999h",
            "18446744073709551615h",
        ] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert!(error.contains("1ms to 168h") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_wrong_flag_is_named_with_what_is_allowed() {
        let parse = |arguments: &str| {
            let all = format!("rollcall-fleet --server http://127.0.0.1:1 {arguments}");
            Cli::try_parse_from(all.split(' ').filter(|one| !one.is_empty()))
        };
        assert!(parse("--agents 10 --scenario steady").is_ok());
        for (arguments, named) in [
            ("--agents 0 --scenario steady", ["--agents", "1..=1000000"]),
            (
                "--agents 10 --scenario stampede",
                ["--scenario", "steady, max, ramp, herd, outage, flap"],
            ),
            ("--agents 10 --scenario flap --share 101", ["--share", "1..=100"]),
            (
                "--agents 10 --scenario steady --for ever",
                ["--for", "1ms to 168h"],
            ),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(
                named.iter().all(|part| error.contains(part)),
                "{arguments}: {error}"
            );
        }
    }
}
