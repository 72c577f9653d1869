//! What a person's name and a new password must be. Parsed once; whoever holds a [`NewPerson`] need not look
//! again.
//!
//! Length is what counts (NIST SP 800-63B-4): no rules about kinds of characters, any Unicode, spaces too.
//! Only new ones are judged here. Signing in compares, it does not judge.

use crate::hidden::is_hidden;
use rollcall_shared::FieldError;
use rollcall_shared::console_api::Setup;

/// A name and a password that may be given to a new person.
pub struct NewPerson {
    name: String,
    password: String,
}

impl NewPerson {
    /// Takes a name and a password where both can be used.
    ///
    /// # Errors
    /// Everything that is wrong, with the fields named `name` and `password`. A password is never repeated.
    pub fn parse(name: String, password: String) -> Result<Self, Vec<FieldError>> {
        let errors: Vec<FieldError> = [wrong_name(&name), wrong_password(&password, &name)]
            .into_iter()
            .flatten()
            .collect();
        if errors.is_empty() {
            Ok(Self { name, password })
        } else {
            Err(errors)
        }
    }

    /// The name and the password.
    #[must_use]
    pub fn into_parts(self) -> (String, String) {
        (self.name, self.password)
    }
}

/// Looks at a name and a password that somebody signs in with, for what nobody can have: it is said plainly, and
/// costs neither a question to the database nor a hash. How long a password must be is no matter here.
///
/// # Errors
/// Everything that is wrong, with the fields named `name` and `password`. A password is never repeated.
pub fn could_exist(name: &str, password: &str) -> Result<(), Vec<FieldError>> {
    let length = password.len();
    let wrong_length = !(1..=Setup::LONGEST_PASSWORD).contains(&length);
    let wrong_password = wrong_length.then(|| FieldError {
        allowed: Some(format!("1 to {} bytes", Setup::LONGEST_PASSWORD)),
        ..FieldError::bare("password", format!("The password has {length} bytes."))
    });
    let errors: Vec<FieldError> = [wrong_name(name), wrong_password].into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn wrong_name(name: &str) -> Option<FieldError> {
    const ALLOWED: &str = "1 to 64 characters, none of them invisible, no space at either end";
    let length = name.chars().count();
    let detail = if length == 0 {
        "A name is needed.".to_owned()
    } else if length > Setup::LONGEST_NAME {
        format!("The name has {length} characters.")
    } else if name.trim() != name {
        "The name begins or ends with a space.".to_owned()
    } else if let Some(hidden) = name.chars().find(|character| is_hidden(*character)) {
        format!(
            "The name holds the invisible character U+{:04X}.",
            u32::from(hidden)
        )
    } else {
        return None;
    };
    Some(FieldError::new("name", detail, ALLOWED, shown(name)))
}

fn wrong_password(password: &str, name: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let detail = if length < Setup::SHORTEST_PASSWORD {
        format!("The password has {length} characters.")
    } else if password.len() > Setup::LONGEST_PASSWORD {
        format!("The password has {} bytes.", password.len())
    } else if password.to_lowercase() == name.to_lowercase() {
        "The password is the name.".to_owned()
    } else {
        return None;
    };
    Some(FieldError {
        allowed: Some(format!(
            "at least {} characters and at most {} bytes, other than the name",
            Setup::SHORTEST_PASSWORD,
            Setup::LONGEST_PASSWORD
        )),
        ..FieldError::bare("password", detail)
    })
}

/// What was given, cut where it is long, with nothing invisible in it.
fn shown(name: &str) -> String {
    const MOST: usize = 80;
    let mut text: String = name
        .chars()
        .take(MOST)
        .map(|character| {
            if is_hidden(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    if name.chars().count() > MOST {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "correct horse battery";

    fn fields(name: &str, password: &str) -> Vec<String> {
        match NewPerson::parse(name.to_owned(), password.to_owned()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.field).collect(),
        }
    }

    #[test]
    fn names_and_passwords_of_any_script_are_taken() {
        for name in [
            "ada",
            "Ada Lovelace",
            "Ève",
            "管理者",
            &"x".repeat(64),
            "ada@example.org",
        ] {
            assert_eq!(fields(name, GOOD), [""; 0], "{name}");
        }
        for password in [
            "a b c d e f g h",
            "пароль из слогов",
            "管理者の長い合言葉は十五文字以上",
            &"é".repeat(128),
        ] {
            assert_eq!(fields("ada", password), [""; 0], "{password}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_seen_or_told_apart_is_refused() {
        for name in [
            "",
            " ada",
            "ada ",
            " ",
            &"x".repeat(65),
            "a\nb",
            "a\u{0}",
            "ad\u{200b}a",
            "\u{202e}ada",
        ] {
            assert_eq!(fields(name, GOOD), ["name"], "{name:?}");
        }
    }

    #[test]
    fn a_password_too_short_too_long_or_equal_to_the_name_is_refused() {
        for password in ["", "fourteen chars", &"x".repeat(257), &"é".repeat(129)] {
            assert_eq!(fields("ada", password), ["password"], "{password:?}");
        }
        assert_eq!(
            fields("Ada Lovelace, Countess", "ada lovelace, countess"),
            ["password"]
        );
    }

    #[test]
    fn whoever_signs_in_is_told_what_nobody_can_have() {
        let fields = |name: &str, password: &str| match could_exist(name, password) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.field).collect::<Vec<_>>(),
        };
        assert_eq!(fields("ada", "short"), [""; 0]);
        assert_eq!(fields("", ""), ["name", "password"]);
        assert_eq!(fields("a\0", "short"), ["name"]);
        assert_eq!(fields("ada", &"x".repeat(257)), ["password"]);
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_the_password_is_not_repeated() {
        let Err(errors) = NewPerson::parse("a\u{202e}b".to_owned(), "hunter2".to_owned()) else {
            panic!("both should be refused");
        };
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0].given.as_deref(), Some("a\u{fffd}b"));
        assert_eq!(errors[0].detail, "The name holds the invisible character U+202E.");
        assert!(!format!("{:?}", errors[1]).contains("hunter2"));
    }
}
