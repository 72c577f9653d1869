//! What an agent says of its machine, checked once: labels that people read, so plain text of bounded length.

use rollcall_shared::problem::FieldError;

use crate::hidden::is_hidden;

/// Characters of a host name at the most (RFC 1035 section 3.1).
const LONGEST_HOST_NAME: usize = 253;
/// Characters of an operating system's name at the most.
const LONGEST_PLATFORM: usize = 128;
/// Characters of a machine id at the most: `/etc/machine-id` has 32, other platforms' have up to 40.
const LONGEST_MACHINE_ID: usize = 128;
/// Characters of a version at the most.
const LONGEST_VERSION: usize = 64;

/// Gathers what is wrong with the labels of one call.
#[derive(Debug, Default)]
pub(super) struct Labels(Vec<FieldError>);

impl Labels {
    pub(super) fn host_name(self, text: &str) -> Self {
        self.label("host_name", text, 1, LONGEST_HOST_NAME)
    }

    pub(super) fn platform(self, text: &str) -> Self {
        self.label("platform", text, 0, LONGEST_PLATFORM)
    }

    pub(super) fn machine_id(self, text: &str) -> Self {
        self.label("machine_id", text, 1, LONGEST_MACHINE_ID)
    }

    pub(super) fn agent_version(self, text: &str) -> Self {
        self.label("agent_version", text, 1, LONGEST_VERSION)
    }

    pub(super) fn refuse(mut self, error: FieldError) -> Self {
        self.0.push(error);
        self
    }

    /// What is wrong, where anything is.
    pub(super) fn checked(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    fn label(mut self, field: &str, text: &str, least: usize, most: usize) -> Self {
        let length = text.chars().count();
        let allowed = format!("{least} to {most} characters without control or invisible characters");
        if text.chars().any(is_hidden) {
            let given = text.escape_debug().take(64).collect::<String>();
            self.0.push(FieldError::new(
                field,
                "It holds a control or an invisible character.",
                allowed,
                given,
            ));
        } else if length < least || length > most || (least > 0 && text.trim().is_empty()) {
            self.0.push(FieldError::new(
                field,
                "It has another length.",
                allowed,
                format!("{length} characters"),
            ));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_plain_text_of_bounded_length() {
        let table: [(&str, bool); 8] = [
            ("web-1", true),
            ("büro-pc", true),
            ("", false),
            ("   ", false),
            ("a\nb", false),
            ("a\0b", false),
            ("a\u{202e}b", false),
            (&"x".repeat(254), false),
        ];
        for (text, fits) in table {
            let checked = Labels::default().host_name(text).checked();
            assert_eq!(checked.is_ok(), fits, "{text:?}");
            assert!(checked.err().is_none_or(|errors| errors[0].field == "host_name"));
        }
    }
}
