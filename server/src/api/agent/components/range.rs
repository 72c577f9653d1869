//! Which part of a file is asked for (RFC 9110 section 14): one range of bytes, or all of it.

use http::{HeaderMap, header};

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: nothing else was asked for in a way that is understood, or the asker's part is of other bytes.
    Whole,
    /// From the first of these to the second, both included.
    From(u64, u64),
    /// What was asked for is not there.
    Beyond,
}

impl Part {
    /// What is asked for of a file of this size (at least 1) with this tag.
    pub(super) fn asked(headers: &HeaderMap, size: u64, tag: &str) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(range) = text(header::RANGE) else {
            return Self::Whole;
        };
        // A date can name no part of ours, and a tag that is not this one says that the bytes are others.
        if headers.contains_key(header::IF_RANGE) && text(header::IF_RANGE).map(str::trim) != Some(tag) {
            return Self::Whole;
        }
        let Some((first, last)) = range
            .trim()
            .strip_prefix("bytes=")
            .and_then(|range| range.split_once('-'))
        else {
            return Self::Whole;
        };
        let end = size.saturating_sub(1);
        let number = |digits: &str| -> Option<u64> {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            // A number that is too large for any file is beyond this one.
            plain.then(|| digits.parse().unwrap_or(u64::MAX))
        };
        match (number(first), number(last)) {
            (Some(first), _) if last.is_empty() && first <= end => Self::From(first, end),
            (Some(first), Some(last)) if first <= last && first <= end => Self::From(first, last.min(end)),
            (Some(_), Some(last)) if last <= end => Self::Whole,
            (Some(_), _) if last.is_empty() || number(last).is_some() => Self::Beyond,
            (None, Some(0)) if first.is_empty() => Self::Beyond,
            (None, Some(most)) if first.is_empty() => Self::From(size.saturating_sub(most), end),
            // Several ranges, or none that is one: RFC 9110 lets a server send all of it.
            _ => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(range: &str, if_range: Option<&str>) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        Part::asked(&headers, 1_000, "\"tag\"")
    }

    #[test]
    fn one_range_is_understood_and_everything_else_is_all_of_it() {
        for (range, part) in [
            ("bytes=0-", Part::From(0, 999)),
            ("bytes=999-", Part::From(999, 999)),
            ("bytes=10-19", Part::From(10, 19)),
            ("bytes=10-5000", Part::From(10, 999)),
            ("bytes=-5", Part::From(995, 999)),
            ("bytes=-5000", Part::From(0, 999)),
            ("bytes=1000-", Part::Beyond),
            ("bytes=1000-1001", Part::Beyond),
            ("bytes=99999999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=20-10", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("items=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(asked(range, None), part, "{range}");
        }
        assert_eq!(asked("bytes=5-", Some("\"tag\"")), Part::From(5, 999));
        assert_eq!(asked("bytes=5-", Some("\"other\"")), Part::Whole);
        assert_eq!(asked("bytes=5-", Some("W/\"tag\"")), Part::Whole);
        assert_eq!(
            asked("bytes=5-", Some("Tue, 24 Nov 2026 03:00:00 GMT")),
            Part::Whole
        );
        assert_eq!(Part::asked(&HeaderMap::new(), 1_000, "\"tag\""), Part::Whole);
    }

    proptest! {
        #[test]
        fn no_range_reaches_beyond_the_file(
            text in "(bytes=)?[0-9,\\- a]{0,30}",
            size in prop_oneof![1..5_u64, 1..u64::MAX],
        ) {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().unwrap());
            if let Part::From(first, last) = Part::asked(&headers, size, "\"t\"") {
                prop_assert!(first <= last && last < size);
            }
        }
    }
}
