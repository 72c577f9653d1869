//! The log of this process: to standard error, as text for people or as JSON for programs.

use std::io::IsTerminal as _;

use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::{LogFormat, Logging};

/// Libraries that tell at every start what concerns nobody. The configured filter can bring them back.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn";

/// The log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is none, which the configuration has ruled out.
    #[error("the log's filter cannot be used")]
    Filter(#[from] ParseError),
    /// There is a log already.
    #[error("the log is set up already")]
    Twice(#[from] SetGlobalDefaultError),
}

/// Begins the log. Once a process.
///
/// # Errors
/// Where there is one already.
pub fn init(logging: &Logging) -> Result<(), LoggingError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", logging.filter))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match logging.format {
        LogFormat::Text => tracing::subscriber::set_global_default(lines.finish())?,
        LogFormat::Json => {
            tracing::subscriber::set_global_default(
                lines.json().flatten_event(true).with_span_list(false).finish(),
            )?;
        }
    }
    Ok(())
}
