//! Components in words: sizes, and how far an upload is.

use crate::phrase;

/// What a size is told in, each a thousand times the one before, as disks and downloads are.
const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];

/// How many digits of a SHA-256 are shown where there is little room: enough to tell any two apart at a glance.
pub const SHORT: usize = 12;

/// A size with three digits that count: `812 bytes`, `1.25 MB`, `210 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let mut unit = 0;
    let mut whole = bytes;
    let mut rest = 0;
    // Below a thousand once it is rounded to a whole: `1.00 MB` and never `1000 kB`.
    while whole >= 1_000 && unit + 1 < UNITS.len() {
        rest = whole % 1_000;
        whole /= 1_000;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or_default();
    match whole {
        1 if unit == "bytes" => "1 byte".to_owned(),
        _ if unit == "bytes" => format!("{whole} bytes"),
        0..10 => format!("{whole}.{:02} {unit}", rest / 10),
        10..100 => format!("{whole}.{} {unit}", rest / 100),
        _ => {
            let whole = usize::try_from(whole).unwrap_or(usize::MAX);
            format!("{} {unit}", phrase::grouped(whole))
        }
    }
}

/// How far an upload is, in percent, rounded down: 100 only when all is sent.
#[must_use]
pub fn percent(sent: u64, all: u64) -> u32 {
    let share = u128::from(sent.min(all)) * 100 / u128::from(all.max(1));
    u32::try_from(share).unwrap_or(100)
}

/// The first digits of a SHA-256.
#[must_use]
pub fn short(sha256: &str) -> &str {
    sha256.get(..SHORT).unwrap_or(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_three_digits_that_count() {
        for (bytes, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.00 kB"),
            (1_259, "1.25 kB"),
            (99_999, "99.9 kB"),
            (999_999, "999 kB"),
            (1_000_000, "1.00 MB"),
            (209_715_200, "209 MB"),
            (1_073_741_824, "1.07 GB"),
            (u64::MAX, "18,446,744 TB"),
        ] {
            assert_eq!(size(bytes), told, "{bytes}");
        }
    }

    #[test]
    fn an_upload_is_at_a_hundred_only_when_all_is_sent() {
        assert_eq!(percent(0, 10), 0);
        assert_eq!(percent(999, 1_000), 99);
        assert_eq!(percent(1_000, 1_000), 100);
        assert_eq!(percent(2, 1), 100);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }

    #[test]
    fn a_component_is_read_as_the_server_tells_it() {
        let text = r#"{"name":"antivirus","version":"2.1.0","size":209715200,"sha256":"#.to_owned()
            + &format!("{:?}", "00ff".repeat(16))
            + r#","stored":false,"sources":["https://mirror.example/av"],"created_at_ms":1795491863085}"#;
        let read: rollcall_shared::console_api::Component = crate::json::read(&text).unwrap();
        assert_eq!(read.size, 209_715_200);
        assert_eq!(read.sources.len(), 1);
        assert_eq!(read.current_since_ms, None);
    }

    #[test]
    fn a_short_digest_is_its_beginning() {
        assert_eq!(short(&"0123456789abcdef".repeat(4)), "0123456789ab");
        assert_eq!(short("0123"), "0123");
    }
}
