//! Where a value came from, and what is said when it cannot be used.

use crate::error_chain::chain;
use std::fmt;
use std::path::PathBuf;

/// Where a value was given, under the name that the operator used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it is the default of this key.
    Default(String),
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// The key there.
        key: String,
        /// Its line, from 1, where it was found.
        line: Option<usize>,
    },
    /// In this variable of the environment.
    Env(String),
    /// By this flag, with its dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(key) => write!(out, "{key} (the default)"),
            Self::File { path, key, line } => {
                write!(out, "{}", path.display())?;
                if let Some(line) = line {
                    write!(out, ", line {line}")?;
                }
                write!(out, ", {key}")
            }
            Self::Env(name) => write!(out, "environment variable {name}"),
            Self::Flag(name) => out.write_str(name),
        }
    }
}

/// Why the server does not start with what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A flag that does not exist, or a request for help or the version.
    #[error("{0}")]
    Flags(clap::Error),
    /// A value that may not be.
    #[error("{origin}: allowed is {allowed}; given was {given:?}")]
    Wrong {
        /// Where it was given.
        origin: Origin,
        /// What may be given.
        allowed: String,
        /// What was given, without secrets.
        given: String,
    },
    /// A key that does not exist.
    #[error("{origin}: there is no such key; allowed are {allowed}")]
    Unknown {
        /// Where it was given.
        origin: Origin,
        /// The keys that there are.
        allowed: String,
    },
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("the configuration file {} is not TOML: {detail}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why, by the parser.
        detail: String,
    },
}

impl ConfigError {
    /// What the process exits with: 0 where help or the version was asked for, else 2 (the usage was wrong).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Flags(error) if !error.use_stderr() => 0,
            _ => 2,
        }
    }

    /// Tells the operator: help and version on standard output, what is wrong on standard error.
    ///
    /// Logging is not set up yet when the configuration is read, so this is the one message outside the log.
    pub fn tell(&self) {
        use std::io::Write as _;
        // A closed standard stream leaves nobody to tell; the exit code still says it.
        let _ = match self {
            Self::Flags(error) => error.print(),
            wrong => writeln!(
                std::io::stderr(),
                "rollcall-server: {}\nSee rollcall-server --help.",
                chain(wrong)
            ),
        };
    }
}
