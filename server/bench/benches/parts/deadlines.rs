//! Deadlines of a million: what a tick costs that finds nothing, and what finding a hundred thousand costs at one instant,
//! with the structure in use, a plain scan of a column, and a hashed wheel.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use rollcall_presence::deadlines::Deadlines;
use rollcall_presence::{EngineTime, Slot};

const AGENTS: u32 = 1_000_000;
const SILENT: u32 = 100_000;

/// When those who are silent are due.
const INSTANT: u64 = 1_000_000_000;

/// Deadlines in microseconds: every tenth at the instant, the others spread over the hour after it.
fn due(agent: u32) -> u64 {
    if agent.is_multiple_of(AGENTS / SILENT) {
        INSTANT
    } else {
        INSTANT + 1_000_000 + u64::from(agent) * 3_600
    }
}

pub(crate) fn compared(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("deadlines of 1,000,000");
    group.sample_size(20);
    let before = INSTANT - 1;

    let checks = || {
        let mut deadlines = Deadlines::default();
        for agent in 0..AGENTS {
            deadlines.check_by(Slot(agent), EngineTime::from_micros(due(agent)));
        }
        deadlines
    };
    let mut idle = checks();
    group.bench_function("in use: nobody due", |timer| {
        timer.iter(|| idle.pop(black_box(EngineTime::from_micros(before))));
    });
    group.bench_function("in use: 100,000 due", |timer| {
        let taken = |mut deadlines: Deadlines| {
            let now = EngineTime::from_micros(INSTANT);
            let count = std::iter::from_fn(|| deadlines.pop(now)).count();
            assert_eq!(count, SILENT as usize);
            deadlines
        };
        timer.iter_batched(checks, taken, BatchSize::PerIteration);
    });

    let column: Vec<u64> = (0..AGENTS).map(due).collect();
    let scan = |now: u64, found: &mut Vec<u32>| {
        found.clear();
        found.extend(
            (0..)
                .zip(&column)
                .filter(|(_, at)| **at <= now)
                .map(|(agent, _)| agent),
        );
        found.len()
    };
    let mut found = Vec::with_capacity(AGENTS as usize);
    group.bench_function("scan of a column: nobody due", |timer| {
        timer.iter(|| scan(black_box(before), &mut found));
    });
    group.bench_function("scan of a column: 100,000 due", |timer| {
        timer.iter(|| scan(black_box(INSTANT), &mut found));
    });

    let wheel = Wheel::new();
    group.bench_function("hashed wheel: nobody due", |timer| {
        timer.iter(|| wheel.due(black_box(before), &mut found));
    });
    group.bench_function("hashed wheel: 100,000 due", |timer| {
        timer.iter(|| wheel.due(black_box(INSTANT), &mut found));
    });
    group.finish();
}

/// A wheel of buckets of a tenth of a second, around which the hours lie on top of each other.
struct Wheel {
    buckets: Vec<Vec<u32>>,
    column: Vec<u64>,
}

impl Wheel {
    const BUCKETS: usize = 4_096;
    const WIDTH: u64 = 100_000;

    fn new() -> Self {
        let mut wheel = Self {
            buckets: vec![Vec::new(); Self::BUCKETS],
            column: (0..AGENTS).map(due).collect(),
        };
        for agent in 0..AGENTS {
            wheel.buckets[Self::bucket(due(agent))].push(agent);
        }
        wheel
    }

    fn bucket(at: u64) -> usize {
        usize::try_from(at / Self::WIDTH).unwrap() % Self::BUCKETS
    }

    /// Those of the bucket of now that are due; the others in it are of a later turn.
    fn due(&self, now: u64, found: &mut Vec<u32>) -> usize {
        found.clear();
        let bucket = &self.buckets[Self::bucket(now)];
        found.extend(bucket.iter().filter(|agent| self.column[**agent as usize] <= now));
        found.len()
    }
}
