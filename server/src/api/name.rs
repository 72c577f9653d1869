//! Names that people give, checked in one way.

use rollcall_shared::FieldError;

use crate::hidden::is_hidden;

/// The name without spaces at its ends: 1 to `longest` characters, all of them to be seen.
///
/// # Errors
/// What is wrong with the field `name`.
pub(super) fn checked(given: &str, longest: usize) -> Result<&str, FieldError> {
    let name = given.trim();
    let length = name.chars().count();
    let refused = |detail: &str, given: String| {
        let allowed = format!("1 to {longest} characters without control or invisible characters");
        Err(FieldError::new("name", detail, allowed, given))
    };
    if name.chars().any(is_hidden) {
        let shown = name.escape_debug().take(longest).collect();
        return refused("It holds a control or an invisible character.", shown);
    }
    if !(1..=longest).contains(&length) {
        return refused("It has another length.", format!("{length} characters"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_text_of_bounded_length() {
        let longest = "ü".repeat(64);
        let too_long = "x".repeat(65);
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
            assert_eq!(checked(given, 64).ok(), taken, "{given:?}");
        }
    }
}
