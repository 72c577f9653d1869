//! Where an agent is kept: its partition and its slot there.

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
}
