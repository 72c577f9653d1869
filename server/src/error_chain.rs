//! An error told with everything behind it. Sources are chained, not pasted into messages, so whoever logs one
//! at a boundary asks here for the whole.

/// An error and its sources on one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the door does not open")]
    struct Door(#[source] Key);

    #[derive(Debug, thiserror::Error)]
    #[error("the key is bent")]
    struct Key;

    #[test]
    fn an_error_is_told_with_its_causes_outermost_first() {
        assert_eq!(chain(&Door(Key)), "the door does not open: the key is bent");
    }
}
