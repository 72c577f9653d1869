//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rollcall_shared::GoodbyeKind;

use crate::dialled::NotifyPort;
use crate::server_url::ServerUrl;

/// Reports to a Rollcall server that this machine is here.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done; 1 failed, `status`: not in contact, `poll`: none runs; 2 wrong usage; \
                  3 another agent runs with this state directory; 4 this agent was retired, or its enrolment or \
                  uninstalling refused; \
                  5 no usable identity (not enrolled, or identity.json is damaged)."
)]
pub(crate) struct Cli {
    /// How log lines look.
    #[arg(long, value_enum, global = true, default_value_t = LogFormat::Text, env = "ROLLCALL_AGENT_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
    /// Log each call as well.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make this machine an agent of a server; done once.
    Enroll(EnrollArgs),
    /// Keep this agent present until told to stop (SIGTERM). SIGHUP reads the identity again.
    Run(RunArgs),
    /// Have the running agent ask the server at once for what is new. Exits with 1 where none runs.
    Poll(PollArgs),
    /// Show what this agent is and how it stands. Exits with 0 where it runs and is in contact, else with 1.
    Status(StatusArgs),
    /// Say goodbye to the server for good and forget the identity. Refused while an agent runs.
    Uninstall(UninstallArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// Where the agent keeps its identity.
    #[arg(
        long,
        help = "Where the agent keeps its identity [default: $STATE_DIRECTORY; for root /var/lib/rollcall-agent; \
                else $XDG_STATE_HOME/rollcall-agent or ~/.local/state/rollcall-agent]",
        value_name = "DIR",
        env = "ROLLCALL_AGENT_STATE",
        hide_env_values = true
    )]
    pub(crate) state: Option<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct NotifyArgs {
    /// The port on which the server may connect to this agent.
    #[arg(
        long,
        help = "The TCP port on which the server may connect to this agent, to verify that it is there and to tell \
                it that something is new: 1 to 65535, or `off` [default: 8117, or where that is taken, a free one]",
        value_name = "PORT",
        env = "ROLLCALL_AGENT_NOTIFY_PORT"
    )]
    pub(crate) notify_port: Option<NotifyPort>,
}

#[derive(Debug, Args)]
pub(crate) struct HookArgs {
    /// The folder of programs to run when a component has changed.
    #[arg(
        long,
        help = "The folder of this machine's own programs to run when a component has changed: the one that is named \
                as the component [default: none is run]",
        value_name = "DIR",
        env = "ROLLCALL_AGENT_HOOKS"
    )]
    pub(crate) hooks: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EnrollArgs {
    /// The server's address.
    #[arg(
        long,
        help = "The server's address: https://host[:port]",
        value_name = "URL",
        env = "ROLLCALL_AGENT_SERVER"
    )]
    pub(crate) server: ServerUrl,
    /// The enrolment token that an admin made.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ROLLCALL_AGENT_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: String,
    #[command(flatten)]
    pub(crate) state: StateArgs,
    /// Believe exactly the certificate with this SHA-256, 64 hexadecimal digits.
    #[arg(long, value_name = "SHA256HEX")]
    pub(crate) fingerprint: Option<String>,
    /// Allow `http://` to another machine, where told so by the environment too.
    #[arg(
        long,
        help = "Allow http:// to another machine, which lets everyone on the way read the agent's secret; counts \
                only together with ROLLCALL_ALLOW_PLAIN_HTTP=1 in the environment"
    )]
    pub(crate) allow_plain_http: bool,
    /// What to call this agent instead of the host's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Go on to `run` afterwards, in the same process.
    #[arg(long)]
    pub(crate) run: bool,
    #[command(flatten)]
    pub(crate) notify: NotifyArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    /// What to tell the server when told to stop [default: restart where systemd restarts the machine, else stop].
    #[arg(long, value_enum)]
    pub(crate) goodbye: Option<Goodbye>,
    #[command(flatten)]
    pub(crate) notify: NotifyArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PollArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// What a stop means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Goodbye {
    /// Offline at once.
    Stop,
    /// Back within a minute.
    Restart,
}

impl From<Goodbye> for GoodbyeKind {
    fn from(goodbye: Goodbye) -> Self {
        match goodbye {
            Goodbye::Stop => Self::Stop,
            Goodbye::Restart => Self::Restart,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    /// As one JSON object; times in seconds since 1970.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UninstallArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
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
    fn the_line_that_the_server_prints_is_understood() {
        let line = "rollcall-agent enroll --server http://127.0.0.1:8080 --token T --run";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Enroll(args) = cli.command else {
            panic!("{cli:?}");
        };
        assert!(args.run && args.token == "T" && args.server.is_loopback());
    }
}
