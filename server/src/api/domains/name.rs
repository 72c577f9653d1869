//! The name of a domain, checked once.

use rollcall_shared::FieldError;
use rollcall_shared::console_api::Domain;

use super::TreeRefused;
use crate::hidden::is_hidden;

/// The name without spaces at its ends.
pub(super) fn checked(given: &str) -> Result<&str, TreeRefused> {
    let name = given.trim();
    let length = name.chars().count();
    let allowed = format!(
        "1 to {} characters without control or invisible characters",
        Domain::LONGEST_NAME
    );
    let refused = |detail: &str, given: String| {
        let error = FieldError::new("name", detail, allowed.clone(), given);
        Err(TreeRefused::Fields(vec![error]))
    };
    if name.chars().any(is_hidden) {
        let shown = name.escape_debug().take(Domain::LONGEST_NAME).collect();
        return refused("It holds a control or an invisible character.", shown);
    }
    if !(1..=Domain::LONGEST_NAME).contains(&length) {
        return refused("It has another length.", format!("{length} characters"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_text_of_bounded_length() {
        let longest = "ü".repeat(Domain::LONGEST_NAME);
        let too_long = "x".repeat(Domain::LONGEST_NAME + 1);
        for (given, taken) in [
            ("Berlin", Some("Berlin")),
            ("  São Paulo / Süd ", Some("São Paulo / Süd")),
            (&longest, Some(longest.as_str())),
            ("", None),
            ("   ", None),
            ("a\0b", None),
            ("a\u{202e}b", None),
            ("a\nb", None),
            (&too_long, None),
        ] {
            assert_eq!(checked(given).ok(), taken, "{given:?}");
        }
    }
}
