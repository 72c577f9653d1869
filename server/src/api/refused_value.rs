//! How a value that cannot be used is told to the one who sent it: where it stands, what is allowed, what was
//! given, without ever repeating a secret.

use std::fmt::Write as _;

use rollcall_shared::FieldError;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// The most characters of a value that are repeated.
const LONGEST: usize = 64;

/// Words in the name of a field whose value is not repeated.
const SECRETS: [&str; 5] = ["token", "secret", "password", "key", "credential"];

/// What may be repeated of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing: it is a secret, or there is none.
    Hidden,
    /// This.
    Text(String),
}

/// Where a field stands: `lines[1].every`; `body` for the whole.
pub(super) fn field_name(path: &Path) -> String {
    let mut name = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                // Writing to a string cannot fail.
                let _ = write!(name, "[{index}]");
            }
            Segment::Map { key } => join(&mut name, key),
            Segment::Enum { variant } => join(&mut name, variant),
            // Where serde lost the way, as inside an untagged enum, the part so far is named.
            Segment::Unknown => {}
        }
    }
    if name.is_empty() { "body".to_owned() } else { name }
}

fn join(name: &mut String, part: &str) {
    if !name.is_empty() {
        name.push('.');
    }
    name.push_str(&cut(part));
}

/// The value that stands at a path.
pub(super) fn at<'a>(whole: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(whole, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } | Segment::Enum { variant: key } => value.get(key),
        Segment::Unknown => None,
    })
}

/// What may be repeated of the value of this field. Of an object or list only that it is one: a secret may be
/// anywhere in it. Nothing of a field that is only known by its place, as where a list stands for an object.
pub(super) fn shown(field: &str, value: &Value) -> Shown {
    if is_secret(field) || field.starts_with('[') {
        return Shown::Hidden;
    }
    Shown::Text(match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        plain => cut(&plain.to_string()),
    })
}

/// Whether a field's name says that its value is a secret.
pub(super) fn is_secret(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    SECRETS.iter().any(|word| field.contains(word))
}

/// The beginning of a text, with a mark where something is left out.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// serde's message about a field in our members. serde repeats values inside its messages, so only their
/// fixed parts are passed on: *missing*, *unknown*, and what was expected.
pub(super) fn explain(field: &str, message: &str, shown: Shown) -> FieldError {
    let given = match shown {
        Shown::Hidden => None,
        Shown::Text(text) => Some(text),
    };
    if let Some(name) = quoted(message, "missing field `") {
        return FieldError::bare(within(field, name), "It is missing.");
    }
    if let Some(name) = quoted(message, "duplicate field `") {
        return FieldError::bare(within(field, name), "It is given twice.");
    }
    let expected = message
        .split_once(", expected ")
        .map(|(_, expected)| expected.to_owned());
    if message.starts_with("unknown field `") {
        return FieldError {
            field: field.to_owned(),
            detail: "There is no such field.".to_owned(),
            allowed: expected,
            given,
        };
    }
    match expected {
        Some(expected) => FieldError {
            field: field.to_owned(),
            detail: "It cannot be used.".to_owned(),
            allowed: Some(expected),
            given,
        },
        // A type of ours that refused a value in its own words. They may repeat it, so a secret hides them.
        None => FieldError {
            field: field.to_owned(),
            detail: if is_secret(field) {
                "It cannot be used.".to_owned()
            } else {
                long_cut(message)
            },
            allowed: None,
            given,
        },
    }
}

/// A sentence of our own types, within reason.
fn long_cut(message: &str) -> String {
    message.chars().take(LONGEST * 4).collect()
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

/// A field of the object that a path names.
fn within(field: &str, name: &str) -> String {
    if field == "body" {
        name.to_owned()
    } else {
        format!("{field}.{name}")
    }
}
