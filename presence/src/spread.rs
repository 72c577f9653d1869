//! When the next contact is due, as the server dictates it (rule 15): in [0.9, 1] of the interval, spread
//! evenly over the fleet, so that ten thousand agents that started together do not stay together.
//!
//! Every agent has a beat of its own: points in engine time, 0.95 of the interval apart, whose offset follows
//! from its id. Each contact is asked for as near to the next of them as the rule allows. So a fleet that
//! started at one instant is spread evenly within ten contacts, and delays on the way do not add up: it stays
//! spread. Nothing is kept for it.

use core::time::Duration;

use rollcall_shared::AgentId;

use crate::engine_time::EngineTime;

/// When an agent's next contact is due, from `now`. The same question has always the same answer, so that a run
/// can be replayed.
#[must_use]
pub fn next_contact(interval: Duration, agent: AgentId, now: EngineTime) -> Duration {
    let longest = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
    let shortest = longest - longest / 10;
    let beat = beat(longest);
    if beat == 0 {
        return interval;
    }
    // How far the earliest allowed moment is past the agent's point before it.
    let past = past_point(agent, beat, now.as_micros().wrapping_add(shortest));
    let ahead = if past == 0 { 0 } else { beat - past };
    let wait = if ahead <= longest - shortest {
        // The next point can be met.
        shortest + ahead
    } else if past < ahead {
        // The point before is nearer: come as early as allowed, until it is met.
        shortest
    } else {
        longest
    };
    Duration::from_micros(wait)
}

/// When an agent has its first turn where none came before it, from `now`: at its next point, so anywhere within the
/// interval, spread evenly over the fleet. From then on [`next_contact`] meets every point.
#[must_use]
pub fn first_turn(interval: Duration, agent: AgentId, now: EngineTime) -> Duration {
    let longest = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
    let beat = beat(longest);
    if beat == 0 {
        return interval;
    }
    match past_point(agent, beat, now.as_micros()) {
        0 => Duration::ZERO,
        past => Duration::from_micros(beat - past),
    }
}

/// How far apart the points of an agent are, in the middle of what the rule allows.
const fn beat(longest: u64) -> u64 {
    longest - longest / 20
}

/// How far a moment is past an agent's point before it. The beat is not 0.
fn past_point(agent: AgentId, beat: u64, moment: u64) -> u64 {
    let offset = scaled(mix(agent.bits()), beat);
    (moment % beat + beat - offset) % beat
}

/// A number drawn from all of `u64`, scaled to below `most`.
fn scaled(drawn: u64, most: u64) -> u64 {
    let scaled = (u128::from(drawn) * u128::from(most)) >> 64;
    u64::try_from(scaled).unwrap_or(0)
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014): every bit of the input moves every bit of the output.
const fn mix(input: u64) -> u64 {
    let mut value = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rule_15_the_next_contact_is_within_the_last_tenth_of_the_interval(
            minutes in 1_u64..=129_600, agent in any::<u64>(), now in 0_u64..(1 << 55),
        ) {
            let interval = Duration::from_secs(minutes * 60);
            let next = next_contact(interval, AgentId::from_bits(agent), EngineTime::from_micros(now));
            prop_assert!(next >= interval * 9 / 10 && next <= interval, "{next:?}");
        }
    }

    /// How many of the fleet's contacts fall into each tenth of the beat that follows `now`.
    fn tenths(contacts: &[EngineTime], beat: Duration, now: EngineTime) -> [u32; 10] {
        let mut tenths = [0; 10];
        for contact in contacts {
            let part = contact.since(now).as_micros() * 10 / beat.as_micros();
            tenths[usize::try_from(part).unwrap().min(9)] += 1;
        }
        tenths
    }

    #[test]
    fn the_first_turns_of_a_fleet_are_spread_evenly_and_the_next_ones_meet_the_same_points() {
        let interval = Duration::from_mins(15);
        let beat = interval * 19 / 20;
        let start = EngineTime::from_micros(7_000_000);
        let agents = || (0..5_000_u64).map(AgentId::from_bits);
        let first: Vec<EngineTime> = agents()
            .map(|agent| start + first_turn(interval, agent, start))
            .collect();
        assert!(first.iter().all(|turn| turn.since(start) < beat));
        let tenths = tenths(&first, beat, start);
        assert!(
            tenths.iter().all(|count| (400..=600).contains(count)),
            "{tenths:?}"
        );
        for (agent, turn) in agents().zip(first) {
            assert_eq!(next_contact(interval, agent, turn), beat);
        }
    }

    #[test]
    fn an_interval_too_short_to_be_spread_in_is_waited_for_whole() {
        let agent = AgentId::from_bits(5);
        assert_eq!(
            first_turn(Duration::ZERO, agent, EngineTime::ZERO),
            Duration::ZERO
        );
    }

    #[test]
    fn rule_15_a_fleet_that_started_together_is_spread_evenly_and_stays_so() {
        let interval = Duration::from_mins(10);
        let beat = interval * 19 / 20;
        let start = EngineTime::from_micros(7_000_000);
        let mut next: Vec<EngineTime> = core::iter::repeat_n(start, 5_000).collect();
        for round in 0_u32..200 {
            let until = start + beat * round;
            for (agent, due) in next.iter_mut().enumerate() {
                while *due < until {
                    let id = AgentId::from_bits(agent as u64);
                    // Up to 40 ms on the way, another each time.
                    let late = Duration::from_millis(mix(due.as_micros() ^ agent as u64) % 40);
                    *due = *due + next_contact(interval, id, *due) + late;
                }
            }
            if round >= 12 {
                let tenths = tenths(&next, beat, until);
                assert!(
                    tenths.iter().all(|count| (400..=600).contains(count)),
                    "round {round}: {tenths:?}"
                );
            }
        }
    }
}
