//! The deadlines against the simplest thing that is right: a sorted map of (deadline, slot).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use proptest::prelude::*;

use super::*;

/// What a test does to a fleet of a few agents.
#[derive(Debug, Clone)]
enum Step {
    /// An agent is heard.
    Contact(u32),
    /// An agent's lease is from now on so long; it may shorten.
    Lease(u32, u64),
    /// So much time passes, and a tick comes.
    Tick(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u32..8).prop_map(Step::Contact),
        1 => (0_u32..8, 1_u64..50).prop_map(|(slot, lease)| Step::Lease(slot, lease)),
        4 => (0_u64..30).prop_map(Step::Tick),
    ]
}

/// Both structures, driven alike.
struct Pair {
    now: EngineTime,
    last: Vec<EngineTime>,
    lease: Vec<Duration>,
    ours: Deadlines,
    oracle: BTreeSet<(EngineTime, Slot)>,
    oracle_of: BTreeMap<Slot, EngineTime>,
}

impl Pair {
    fn new() -> Self {
        Self {
            now: EngineTime::ZERO,
            last: alloc::vec![EngineTime::ZERO; 8],
            lease: alloc::vec![Duration::from_micros(20); 8],
            ours: Deadlines::default(),
            oracle: BTreeSet::new(),
            oracle_of: BTreeMap::new(),
        }
    }

    fn deadline(&self, slot: Slot) -> EngineTime {
        self.last[slot.index()] + self.lease[slot.index()]
    }

    fn oracle_set(&mut self, slot: Slot) {
        let deadline = self.deadline(slot);
        if let Some(before) = self.oracle_of.insert(slot, deadline) {
            self.oracle.remove(&(before, slot));
        }
        self.oracle.insert((deadline, slot));
    }

    fn expired_of_oracle(&mut self) -> BTreeSet<Slot> {
        let mut expired = BTreeSet::new();
        while let Some(&(deadline, slot)) = self.oracle.first() {
            if deadline > self.now {
                break;
            }
            self.oracle.pop_first();
            self.oracle_of.remove(&slot);
            expired.insert(slot);
        }
        expired
    }

    fn expired_of_ours(&mut self) -> Vec<Slot> {
        let mut expired = Vec::new();
        while let Some(slot) = self.ours.pop(self.now) {
            let deadline = self.deadline(slot);
            if !self.oracle_of.contains_key(&slot) {
                continue;
            }
            if deadline <= self.now {
                expired.push(slot);
            } else {
                self.ours.check_by(slot, deadline);
            }
        }
        expired
    }
}

proptest! {
    #[test]
    fn the_same_agents_expire_in_the_same_tick_as_in_a_sorted_map(steps in prop::collection::vec(step(), 1..200)) {
        let mut pair = Pair::new();
        for step in steps {
            match step {
                Step::Contact(slot) => {
                    let slot = Slot(slot);
                    pair.last[slot.index()] = pair.now;
                    let known = pair.oracle_of.contains_key(&slot);
                    pair.oracle_set(slot);
                    if !known {
                        // Back from offline: only then is the structure told.
                        let deadline = pair.deadline(slot);
                        pair.ours.check_by(slot, deadline);
                    }
                }
                Step::Lease(slot, micros) => {
                    let slot = Slot(slot);
                    pair.lease[slot.index()] = Duration::from_micros(micros);
                    if pair.oracle_of.contains_key(&slot) {
                        pair.oracle_set(slot);
                        let deadline = pair.deadline(slot);
                        pair.ours.check_by(slot, deadline);
                    }
                }
                Step::Tick(micros) => {
                    pair.now = pair.now + Duration::from_micros(micros);
                    let ours = pair.expired_of_ours();
                    let theirs = pair.expired_of_oracle();
                    prop_assert_eq!(ours.len(), theirs.len(), "an agent expired twice, or not at all");
                    prop_assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), theirs);
                    if let (Some(ours), Some((theirs, _))) = (pair.ours.next(), pair.oracle.first()) {
                        prop_assert!(ours <= *theirs, "the next check is after the next deadline");
                    }
                }
            }
        }
    }
}

#[test]
fn an_agent_that_keeps_reporting_costs_one_check_a_lease() {
    let mut deadlines = Deadlines::default();
    for _ in 0..1000 {
        deadlines.check_by(Slot(0), EngineTime::from_micros(60));
        deadlines.check_by(Slot(0), EngineTime::from_micros(90));
    }
    assert_eq!(deadlines.heap.len(), 1);
}

#[test]
fn who_goes_offline_each_evening_leaves_no_pile_of_checks() {
    let mut deadlines = Deadlines::default();
    let slot = Slot(0);
    let month = Duration::from_hours(30 * 24);
    for day in 0..100_000_u32 {
        let evening = EngineTime::from_secs(day * 1_000);
        assert_eq!(deadlines.pop(evening), (day > 0).then_some(slot), "day {day}");
        deadlines.check_by(slot, evening + month);
        deadlines.check_by(slot, evening + Duration::from_secs(1_000));
    }
    assert!(deadlines.heap.len() <= 2 + SPARE, "{}", deadlines.heap.len());
}
