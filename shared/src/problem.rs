//! Errors as every API of Rollcall answers them: RFC 9457 problem details, with the field at fault named.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Where it is, as a path into the body: `token`, `addresses[2]`; or the name of a header or parameter.
    pub field: String,
    /// What is wrong, in a sentence.
    pub detail: String,
    /// What is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// What was given, cut where it is long. Never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
}

impl FieldError {
    /// A refused field with what is allowed and what was given.
    #[must_use]
    pub fn new(
        field: impl Into<String>,
        detail: impl Into<String>,
        allowed: impl Into<String>,
        given: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
            allowed: Some(allowed.into()),
            given: Some(given.into()),
        }
    }

    /// A refused field whose value is not repeated: it is a secret, or it is missing.
    #[must_use]
    pub fn bare(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
            allowed: None,
            given: None,
        }
    }
}

/// An error answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// What kind of problem: a stable name for programs, such as `/problems/invalid-body`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every problem of this kind.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields at fault, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The kinds that a program acts on by name.
pub mod kind {
    /// Nobody by that credential, or none given: an agent stops beating and asks from time to time, a console asks to
    /// sign in.
    pub const UNAUTHENTICATED: &str = "/problems/unauthenticated";
    /// The agent was retired: it stops for good.
    pub const RETIRED: &str = "/problems/retired";
    /// This boot is not the current one: register to go on (rule 8).
    pub const REGISTER_FIRST: &str = "/problems/register-first";
    /// The sequence is not higher than the last one: the call is a repetition and renews nothing (rule 8).
    pub const STALE_SEQUENCE: &str = "/problems/stale-sequence";
    /// The body or a parameter cannot be used; `errors` names the fields.
    pub const INVALID: &str = "/problems/invalid";
    /// The agent was heard, and too many come at once: come again after `Retry-After`, which is a slot of its own.
    pub const COME_LATER: &str = "/problems/come-later";
    /// Too many attempts, or too much to do: come again after `Retry-After`.
    pub const SLOW_DOWN: &str = "/problems/slow-down";
}
