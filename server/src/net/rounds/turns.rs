//! Whose turn is when. Every agent has one turn waiting, or is being visited: never both, never two.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use rollcall_presence::EngineTime;
use rollcall_presence::spread::{first_turn, next_contact};
use rollcall_shared::AgentId;

use super::visit::Record;

/// No turn follows another within less, whatever the interval.
const SHORTEST: Duration = Duration::from_millis(1);

/// Whose turn is when.
pub(super) struct Turns {
    heap: BinaryHeap<Reverse<(EngineTime, AgentId, Record)>>,
    /// How many rows of the roster have a turn.
    rows: usize,
    every: Duration,
}

impl Turns {
    /// No turns yet, of which each agent then has one in this interval.
    pub(super) const fn new(every: Duration) -> Self {
        Self {
            heap: BinaryHeap::new(),
            rows: 0,
            every,
        }
    }

    /// How many rows of the roster have a turn.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Has everybody's turn come in this interval. A longer one begins after the turn that each has, since leases may
    /// still be short; who is being visited comes by it afterwards.
    pub(super) fn come_every(&mut self, every: Duration, now: EngineTime) {
        let before = std::mem::replace(&mut self.every, every);
        if every >= before {
            return;
        }
        let waiting = std::mem::take(&mut self.heap);
        self.heap = waiting
            .into_iter()
            .map(|Reverse((at, agent, _))| {
                // Who has a yet shorter interval of its own keeps to that.
                let at = at.min(now + first_turn(every, agent, now));
                Reverse((at, agent, Record::default()))
            })
            .collect();
    }

    /// Gives the agents of the next rows their first turn, each within the interval that it has.
    pub(super) fn take_up(
        &mut self,
        agents: &[AgentId],
        every: impl Fn(AgentId) -> Duration,
        now: EngineTime,
    ) {
        for &agent in agents {
            let at = now + first_turn(every(agent), agent, now);
            self.heap.push(Reverse((at, agent, Record::default())));
        }
        self.rows += agents.len();
    }

    /// Whose turn it is; it is taken.
    pub(super) fn take(&mut self, now: EngineTime) -> Option<(AgentId, Record)> {
        let Reverse((at, agent, record)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        Some((agent, record))
    }

    /// Gives an agent whose turn was taken its next one, after so long.
    pub(super) fn give(&mut self, agent: AgentId, record: Record, wait: Duration, now: EngineTime) {
        let wait = next_contact(wait, agent, now).max(SHORTEST);
        self.heap.push(Reverse((now + wait, agent, record)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_mins(15);

    fn at(seconds: u32) -> EngineTime {
        EngineTime::from_secs(seconds)
    }

    fn fleet(count: u64) -> Vec<AgentId> {
        (0..count).map(AgentId::from_bits).collect()
    }

    /// Takes all turns until then, giving each agent its next one at once.
    fn taken(turns: &mut Turns, until: EngineTime) -> Vec<AgentId> {
        let mut taken = Vec::new();
        while let Some((agent, record)) = turns.take(until) {
            taken.push(agent);
            turns.give(agent, record, turns.every, until);
        }
        taken
    }

    #[test]
    fn after_a_start_every_agent_has_one_turn_within_the_interval_and_no_minute_is_a_herd() {
        let mut turns = Turns::new(EVERY);
        turns.take_up(&fleet(3_000), |_| EVERY, at(7));
        let mut all = Vec::new();
        for minute in 1..=15 {
            let taken = taken(&mut turns, at(7 + minute * 60));
            assert!(taken.len() < 300, "minute {minute}: {}", taken.len());
            all.extend(taken);
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 3_000);
    }

    #[test]
    fn a_shorter_interval_holds_at_once_and_gives_nobody_a_second_turn() {
        let mut turns = Turns::new(EVERY);
        turns.take_up(&fleet(100), |_| EVERY, at(0));
        // One is being visited meanwhile.
        let late = at(900);
        let (visited, record) = turns.take(late).unwrap();
        let shorter = EVERY / 5;
        turns.come_every(shorter, late);
        turns.give(visited, record, shorter, late);
        let mut taken = taken(&mut turns, late + shorter);
        assert_eq!(taken.len(), 100);
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), 100);
    }

    #[test]
    fn a_save_of_the_same_or_a_longer_interval_moves_no_turn() {
        let mut turns = Turns::new(EVERY);
        turns.take_up(&fleet(100), |_| EVERY, at(0));
        let before = turns.heap.clone().into_sorted_vec();
        turns.come_every(EVERY, at(450));
        turns.come_every(EVERY * 96, at(450));
        assert_eq!(turns.heap.clone().into_sorted_vec(), before);
        assert_eq!(taken(&mut turns, at(900)).len(), 100);
        assert!(
            turns.take(at(900 + 77_760 - 1)).is_none(),
            "then by the longer one"
        );
    }

    #[test]
    fn who_lives_by_a_shorter_interval_than_the_newest_has_its_turns_by_that() {
        let mut turns = Turns::new(EVERY * 96);
        let own = |agent: AgentId| {
            if agent.bits() < 50 { EVERY } else { EVERY * 96 }
        };
        turns.take_up(&fleet(100), own, at(0));
        turns.come_every(EVERY * 95, at(0));
        let mut taken = Vec::new();
        while let Some((agent, _)) = turns.take(at(900)) {
            taken.push(agent.bits());
        }
        assert_eq!(taken.iter().filter(|bits| **bits < 50).count(), 50);
    }

    #[test]
    fn an_interval_of_nothing_does_not_hold_up_the_others() {
        let mut turns = Turns::new(Duration::ZERO);
        turns.take_up(&fleet(2), |_| Duration::ZERO, at(0));
        assert_eq!(taken(&mut turns, at(0)).len(), 2);
    }
}
