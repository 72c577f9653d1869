//! What is logged, and in which form.

use tracing_subscriber::EnvFilter;

/// What is logged unless said otherwise.
pub const DEFAULT_FILTER: &str = "info";

/// How the log is written to standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// The form of a line.
    pub format: LogFormat,
    /// Which lines: checked, so that [`EnvFilter`] takes it.
    pub filter: String,
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl LogFormat {
    /// Takes `text` or `json`.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("neither text nor json"),
        }
    }
}

/// Checks a filter.
pub(super) fn filter(text: &str) -> Result<String, &'static str> {
    // A single word that is no level would be taken for the name of a module, and silence everything else.
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_word && !levels.contains(&text.to_ascii_lowercase().as_str()) {
        return Err("no level");
    }
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|_| "no filter")
}
