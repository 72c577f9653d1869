//! Where an agent is kept: its partition and its slot there.

use core::ops::RangeInclusive;

use rollcall_shared::AgentId;

use crate::columns::Slot;

/// Parts that the id space is cut into. Each is owned by one node; 64 can be spread over more nodes than a
/// fleet will need, and cost a single node nothing.
pub const PARTITIONS: usize = 64;

/// Bits of an id: 63, of which the upper six name the partition.
const SHIFT: u32 = 57;

/// Where an agent is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its partition, below [`PARTITIONS`].
    pub partition: u8,
    /// Its slot there.
    pub slot: Slot,
}

impl Place {
    /// The partition of an agent.
    #[must_use]
    pub const fn partition_of(agent: AgentId) -> u8 {
        (agent.bits() >> SHIFT) as u8
    }

    /// The ids of a partition's agents, from the lowest that there can be to the highest.
    #[must_use]
    pub const fn ids_of(partition: u8) -> RangeInclusive<AgentId> {
        let first = (partition as u64) << SHIFT;
        AgentId::from_bits(first)..=AgentId::from_bits(first | ((1 << SHIFT) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_partition() {
        assert_eq!(Place::partition_of(AgentId::from_bits(0)), 0);
        assert_eq!(
            usize::from(Place::partition_of(AgentId::from_bits(u64::MAX))),
            PARTITIONS - 1
        );
    }

    #[test]
    fn the_ids_of_the_partitions_are_all_there_are() {
        let mut next = 0;
        for partition in 0..64 {
            let (first, last) = Place::ids_of(partition).into_inner();
            assert_eq!(first.bits(), next);
            assert_eq!(Place::partition_of(first), partition);
            assert_eq!(Place::partition_of(last), partition);
            next = last.bits() + 1;
        }
        assert_eq!(next, 1 << 63);
    }
}
