//! Entity tags: a name for exactly these bytes, and whether the asker has them already (RFC 9110 section 13.1.2).

use http::{HeaderMap, header};

/// Enough of a SHA-256 that two contents never share it.
const BYTES: usize = 12;

/// The tag of these bytes, without its quotes.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    super::hex::of(digest.as_ref().get(..BYTES).unwrap_or_default())
}

/// Whether `If-None-Match` names this tag (with its quotes), or any.
#[must_use]
pub fn matches(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}
