//! How the server stands, in words: how late it notices and tells, how complete its picture is, what load does to it.

use rollcall_shared::console_api::{Lateness, Load, Picture};

use crate::phrase::{counted, grouped};

/// A span to three figures, in the unit that a reader needs: `840 µs`, `1.27 ms`, `95.3 ms`, `2.10 s`.
#[must_use]
pub fn late(us: u64) -> String {
    let (whole, unit) = match us {
        0..1_000 => return format!("{us} µs"),
        1_000..1_000_000 => (1_000, "ms"),
        _ => (1_000_000, "s"),
    };
    let hundredths = us * 100 / whole;
    let (full, rest) = (hundredths / 100, hundredths % 100);
    match full {
        0..10 => format!("{full}.{rest:02} {unit}"),
        10..100 => format!("{full}.{} {unit}", rest / 10),
        _ => format!("{} {unit}", grouped(usize::try_from(full).unwrap_or(usize::MAX))),
    }
}

/// A row of the table: how many, half of them, 99 of a hundred, all.
#[must_use]
pub fn told(lateness: &Lateness) -> [String; 4] {
    let count = grouped(usize::try_from(lateness.count).unwrap_or(usize::MAX));
    if lateness.count == 0 {
        return [count, "–".to_owned(), "–".to_owned(), "–".to_owned()];
    }
    [
        count,
        late(lateness.median_us),
        late(lateness.p99_us),
        late(lateness.worst_us),
    ]
}

/// How complete the picture is. `by` is the time of day at which it is, where it is not yet.
#[must_use]
pub fn picture(picture: &Picture, by: Option<&str>) -> String {
    let online = counted(picture.online as usize, "agent", "agents");
    match (picture.unheard, by) {
        (0, _) => {
            format!("Complete. Everybody who is shown online ({online}) was heard since the server can hear.")
        }
        (unheard, by) => format!(
            "{} of the {online} shown online were not heard since the server was away. Each of them is heard or shown offline by {}.",
            grouped(unheard as usize),
            by.unwrap_or("its deadline"),
        ),
    }
}

/// What the server does under load.
#[must_use]
pub fn load(load: &Load) -> String {
    let sent_away = grouped(usize::try_from(load.sent_away).unwrap_or(usize::MAX));
    let intervals = match load.intervals_thousandths {
        0..=1_000 => "Intervals are dictated as they are set.".to_owned(),
        more => format!(
            "Busy: intervals are dictated {}.{:02} times as long as they are set.",
            more / 1_000,
            more % 1_000 / 10
        ),
    };
    format!("{intervals} Sent away with a slot since it was started: {sent_away}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_three_figures_and_one_unit() {
        for (us, text) in [
            (0, "0 µs"),
            (840, "840 µs"),
            (1_000, "1.00 ms"),
            (1_279, "1.27 ms"),
            (95_361, "95.3 ms"),
            (999_999, "999 ms"),
            (2_100_000, "2.10 s"),
            (3_600_000_000, "3,600 s"),
        ] {
            assert_eq!(late(us), text);
        }
    }

    #[test]
    fn what_was_never_measured_is_no_zero() {
        let never = Lateness {
            count: 0,
            median_us: 0,
            p99_us: 0,
            worst_us: 0,
        };
        assert_eq!(told(&never), ["0", "–", "–", "–"]);
    }

    #[test]
    fn a_picture_from_before_says_by_when_it_is_not() {
        let whole = Picture {
            online: 1_234,
            unheard: 0,
            complete_by_ms: None,
        };
        assert!(picture(&whole, None).starts_with("Complete. Everybody who is shown online (1,234 agents)"));
        let partly = Picture { unheard: 12, ..whole };
        let told = picture(&partly, Some("14:03:22"));
        assert!(
            told.starts_with("12 of the 1,234 agents") && told.ends_with("by 14:03:22."),
            "{told}"
        );
    }

    #[test]
    fn load_is_told_where_there_is_any() {
        let calm = Load {
            calls_a_second: 1_000,
            sent_away: 0,
            intervals_thousandths: 1_000,
        };
        assert!(load(&calm).starts_with("Intervals are dictated as they are set."));
        let busy = Load {
            intervals_thousandths: 1_418,
            ..calm
        };
        assert!(load(&busy).contains("1.41 times"));
    }
}
