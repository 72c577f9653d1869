//! When the next contact is due, as the server dictates it (rule 15): in [0.9, 1] of the interval, spread
//! evenly over the fleet, so that ten thousand agents that started together do not stay together.

use core::time::Duration;

use rollcall_shared::AgentId;

/// The least part of the interval after which a contact is asked for, in parts of [`WHOLE`].
const LEAST: u64 = 900_000;
/// The interval, in the parts that it is cut into.
const WHOLE: u64 = 1_000_000;

/// When an agent's next contact is due, from now. Each contact of each agent is given another part of the
/// interval, and the same contact always the same, so that a run can be replayed.
#[must_use]
pub fn next_contact(interval: Duration, agent: AgentId, sequence: u32) -> Duration {
    let drawn = mix(agent.bits() ^ (u64::from(sequence) << 32 | u64::from(sequence)));
    let part = LEAST + drawn % (WHOLE - LEAST + 1);
    let micros = interval.as_micros() * u128::from(part) / u128::from(WHOLE);
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_next_contact_is_within_the_last_tenth_of_the_interval(
            minutes in 1_u64..=129_600, agent in any::<u64>(), sequence in any::<u32>(),
        ) {
            let interval = Duration::from_secs(minutes * 60);
            let next = next_contact(interval, AgentId::from_bits(agent), sequence);
            prop_assert!(next >= interval * 9 / 10 && next <= interval, "{next:?}");
        }
    }

    #[test]
    fn a_fleet_that_started_together_is_spread_evenly() {
        let interval = Duration::from_mins(10);
        let mut tenths = [0_u32; 10];
        for agent in 0..10_000 {
            let late = next_contact(interval, AgentId::from_bits(agent), 1).saturating_sub(interval * 9 / 10);
            tenths[usize::try_from(late.as_secs() / 6).unwrap().min(9)] += 1;
        }
        assert!(
            tenths.iter().all(|count| (850..=1150).contains(count)),
            "{tenths:?}"
        );
    }
}
