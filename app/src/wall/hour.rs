//! The last hour as a chart: one column a minute, its statuses on each other, and the minutes in which the server was blind.

use rollcall_shared::Status;
use rollcall_shared::console_api::{BlindSpan, Hour};

/// How high the chart is, in its own units.
pub const HEIGHT: u32 = 90;

/// How wide a column is, with the gap beside it.
pub const PITCH: u32 = 10;

/// What there is of a status is seen, however many others there are.
const LEAST: u32 = 2;

/// From the ground up: what is well, then what is not.
const ORDER: [Status; 6] = [
    Status::Online,
    Status::UnreachableOnline,
    Status::Offline,
    Status::UnreachableOffline,
    Status::Pending,
    Status::Inactive,
];

const MINUTE_MS: i64 = 60_000;

/// A minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// When it began.
    pub from_ms: i64,
    /// Each status that there was: from the top, how high, how many.
    pub parts: Vec<Part>,
    /// Whether the server was blind for a second of it or more.
    pub is_blind: bool,
}

/// A status in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub status: Status,
    /// From the top of the chart.
    pub y: u32,
    /// How high.
    pub height: u32,
    /// How many agents.
    pub count: u32,
}

/// The columns of an hour, the oldest first. The minute with most agents is as high as the chart.
#[must_use]
pub fn columns(hour: &Hour) -> Vec<Column> {
    let counts = hour
        .minutes
        .iter()
        .map(|minute| ORDER.map(|status| minute.counts.of(status)));
    let most = counts.clone().map(|counts| sum(&counts)).max().unwrap_or(0);
    hour.minutes
        .iter()
        .zip(counts)
        .map(|(minute, counts)| Column {
            from_ms: minute.from_ms,
            parts: parts(counts, most),
            is_blind: is_blind(minute.from_ms, &hour.blind),
        })
        .collect()
}

fn sum(counts: &[u32]) -> u64 {
    counts.iter().copied().map(u64::from).sum()
}

/// The parts of a minute. What few have takes its least height from what most have.
fn parts(counts: [u32; ORDER.len()], most: u64) -> Vec<Part> {
    let whole = share(sum(&counts), most);
    let mut heights = counts.map(|count| match count {
        0 => 0,
        count => share(u64::from(count), most).max(LEAST),
    });
    let largest = (0..heights.len()).fold(0, |best, at| if counts[at] > counts[best] { at } else { best });
    let others = heights.iter().sum::<u32>() - heights[largest];
    if counts[largest] > 0 {
        heights[largest] = whole.saturating_sub(others).max(LEAST);
    }
    let mut y = HEIGHT;
    let mut parts = Vec::new();
    for ((status, count), height) in ORDER.into_iter().zip(counts).zip(heights) {
        if height > 0 {
            y = y.saturating_sub(height);
            parts.push(Part {
                status,
                y,
                height,
                count,
            });
        }
    }
    parts
}

fn share(count: u64, most: u64) -> u32 {
    let height = (count * u64::from(HEIGHT) + most / 2) / most.max(1);
    u32::try_from(height).unwrap_or(HEIGHT)
}

fn is_blind(from_ms: i64, blind: &[BlindSpan]) -> bool {
    let shared = blind.iter().map(|span| {
        let (from, to) = (span.from_ms.max(from_ms), span.to_ms.min(from_ms + MINUTE_MS));
        (to - from).max(0)
    });
    shared.sum::<i64>() >= 1_000
}

/// A line through the values, as a path of that width and height; empty with fewer than two of them.
#[must_use]
pub fn spark(values: impl ExactSizeIterator<Item = u32> + Clone, width: u32, height: u32) -> String {
    let (count, most) = (values.len(), values.clone().max().unwrap_or(0).max(1));
    let mut path = String::new();
    if count < 2 {
        return path;
    }
    let steps = u64::try_from(count - 1).unwrap_or(1);
    for (at, value) in (0_u64..).zip(values) {
        let x = u64::from(width) * at / steps;
        let y = u64::from(height) - u64::from(height) * u64::from(value) / u64::from(most);
        path.push(if at == 0 { 'M' } else { 'L' });
        path.push_str(&x.to_string());
        path.push(' ');
        path.push_str(&y.to_string());
    }
    path
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::{BlindReason, Minute, StatusCounts};

    use super::*;

    fn minute(number: i64, online: u32, offline: u32) -> Minute {
        Minute {
            from_ms: number * MINUTE_MS,
            counts: StatusCounts {
                online,
                offline,
                retired: 1_000_000,
                ..StatusCounts::default()
            },
        }
    }

    fn hour(minutes: Vec<Minute>, blind: Vec<BlindSpan>) -> Hour {
        Hour {
            now_ms: 0,
            minutes,
            blind,
        }
    }

    #[test]
    fn the_fullest_minute_is_as_high_as_the_chart_and_few_are_seen_among_many() {
        let columns = columns(&hour(
            vec![minute(0, 50, 0), minute(1, 99_999, 1), minute(2, 0, 0)],
            vec![],
        ));
        assert_eq!(columns[0].parts.len(), 1);
        assert_eq!(columns[0].parts[0].height, LEAST);
        let heights: Vec<_> = columns[1]
            .parts
            .iter()
            .map(|part| (part.y, part.height))
            .collect();
        assert_eq!(heights, [(2, 88), (0, 2)]);
        assert!(columns[2].parts.is_empty());
    }

    #[test]
    fn nothing_stands_out_of_the_chart() {
        for counts in [
            [1, 1, 1, 1, 1, 1],
            [0, 0, 7, 0, 0, 0],
            [u32::MAX; 6],
            [1, 0, 1, 0, 90, 0],
        ] {
            let parts = parts(counts, sum(&counts));
            let heights: u32 = parts.iter().map(|part| part.height).sum();
            assert!(heights <= HEIGHT + LEAST, "{counts:?}: {heights}");
            assert_eq!(parts.len(), counts.iter().filter(|count| **count > 0).count());
        }
        assert!(parts([0; 6], 0).is_empty());
    }

    #[test]
    fn a_minute_is_blind_from_a_second_on() {
        let span = |from_ms, to_ms| BlindSpan {
            from_ms,
            to_ms,
            reason: BlindReason::Away,
        };
        let minutes = || (0..3).map(|number| minute(number, 1, 0)).collect();
        let blind = |spans| {
            columns(&hour(minutes(), spans))
                .iter()
                .map(|column| column.is_blind)
                .collect::<Vec<_>>()
        };
        assert_eq!(blind(vec![span(59_500, 61_000)]), [false, true, false]);
        assert_eq!(blind(vec![span(-5, 400), span(600, 1_300)]), [true, false, false]);
        assert_eq!(blind(vec![]), [false; 3]);
    }

    #[test]
    fn a_line_goes_from_the_left_to_the_right_between_nothing_and_the_most() {
        assert_eq!(spark([0, 5, 10].into_iter(), 100, 20), "M0 20L50 10L100 0");
        assert_eq!(spark([7].into_iter(), 100, 20), "");
        assert_eq!(spark([0, 0].into_iter(), 100, 20), "M0 20L100 20");
    }
}
