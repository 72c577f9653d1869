//! What became of packets, counted by kind for `/metrics`. Never by agent.

use metrics::Counter;

const PACKETS: &str = "rollcall_loopback_packets_total";
const LOST: &str = "rollcall_loopback_sockets_lost_total";

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It renewed a lease and was answered.
    Renewed,
    /// It was handed to its agent's owner.
    HandedOver,
    /// The same, but too many wait: dropped. Its lease was renewed where its agent is online.
    Crowded,
    /// Of a boot that is not the current one: answered so.
    RegisterFirst,
    /// The same, beyond what is answered to anybody or to this agent: dropped.
    Insistent,
    /// A repetition, or overtaken by a later one: dropped.
    Stale,
    /// The MAC is wrong: dropped.
    Unproved,
    /// No agent of that id: dropped.
    Unknown,
    /// Of an agent that was retired: dropped.
    Retired,
    /// Of an agent whose key is not known yet: dropped.
    WithoutKey,
    /// No message of this protocol: dropped.
    Malformed,
    /// Of nobody in particular, and answered.
    Plain,
    /// The same, beyond what is answered to anybody or to this one: dropped.
    Flooded,
    /// An answer that could not be sent.
    Unsent,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Renewed,
        Self::HandedOver,
        Self::Crowded,
        Self::RegisterFirst,
        Self::Insistent,
        Self::Stale,
        Self::Unproved,
        Self::Unknown,
        Self::Retired,
        Self::WithoutKey,
        Self::Malformed,
        Self::Plain,
        Self::Flooded,
        Self::Unsent,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::HandedOver => "handed_over",
            Self::Crowded => "crowded",
            Self::RegisterFirst => "register_first",
            Self::Insistent => "insistent",
            Self::Stale => "stale",
            Self::Unproved => "unproved",
            Self::Unknown => "unknown",
            Self::Retired => "retired",
            Self::WithoutKey => "without_key",
            Self::Malformed => "malformed",
            Self::Plain => "plain",
            Self::Flooded => "flooded",
            Self::Unsent => "unsent",
        }
    }
}

/// The series, looked up once.
pub(super) struct Counts {
    packets: [Counter; Kind::ALL.len()],
    lost: Counter,
}

impl Counts {
    pub(super) fn new() -> Self {
        metrics::describe_counter!(PACKETS, "Loopback packets by what became of them");
        metrics::describe_counter!(
            LOST,
            "Sockets for loopback packets that were lost, and bound again"
        );
        Self {
            packets: Kind::ALL.map(|kind| metrics::counter!(PACKETS, "outcome" => kind.key())),
            lost: metrics::counter!(LOST),
        }
    }

    pub(super) fn count(&self, kind: Kind) {
        self.packets[kind as usize].increment(1);
    }

    pub(super) fn lost(&self) {
        self.lost.increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_place_and_name() {
        for (index, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, index, "{}", kind.key());
        }
        let names: std::collections::BTreeSet<_> = Kind::ALL.map(Kind::key).into();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
