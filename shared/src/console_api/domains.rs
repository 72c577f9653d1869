//! The agent tree: its domains, and what is done to many agents at once.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, DomainId};
use crate::status::Status;

/// How many agents one call may name: more than anybody ticks by hand, and with 13 characters each a body that is
/// read at once.
pub const MOST_AGENTS: usize = 10_000;

/// A folder of the agent tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Domain {
    /// Its number.
    pub id: DomainId,
    /// The domain that it is in; nothing for the one that holds all, and where the asker may not see it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i32>, minimum = 1))]
    pub parent: Option<DomainId>,
    /// Its name, which no other domain of the same parent has.
    pub name: String,
    /// The agents that are in it.
    pub agents: StatusCounts,
    /// The agents that are in it or in any domain below it.
    pub with_below: StatusCounts,
}

impl Domain {
    /// Characters that a name has at most.
    pub const LONGEST_NAME: usize = 64;
    /// Levels below the domain that holds all: as many as an organization has, few enough to be shown.
    pub const MOST_LEVELS: usize = 16;
    /// Domains that there may be: every console is sent all that it may see.
    pub const MOST: usize = 10_000;
}

/// How many agents have each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(missing_docs, reason = "named as the statuses are")]
pub struct StatusCounts {
    pub online: u32,
    pub unreachable_online: u32,
    pub offline: u32,
    pub unreachable_offline: u32,
    pub pending: u32,
    pub inactive: u32,
    pub retired: u32,
}

impl StatusCounts {
    /// Those of one status.
    #[must_use]
    pub const fn of(&self, status: Status) -> u32 {
        match status {
            Status::Online => self.online,
            Status::UnreachableOnline => self.unreachable_online,
            Status::Offline => self.offline,
            Status::UnreachableOffline => self.unreachable_offline,
            Status::Pending => self.pending,
            Status::Inactive => self.inactive,
            Status::Retired => self.retired,
        }
    }

    /// Counts so many more of one status.
    pub const fn add(&mut self, status: Status, more: u32) {
        let count = match status {
            Status::Online => &mut self.online,
            Status::UnreachableOnline => &mut self.unreachable_online,
            Status::Offline => &mut self.offline,
            Status::UnreachableOffline => &mut self.unreachable_offline,
            Status::Pending => &mut self.pending,
            Status::Inactive => &mut self.inactive,
            Status::Retired => &mut self.retired,
        };
        *count = count.saturating_add(more);
    }
}

/// `POST domains`: makes a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// 1 to [`Domain::LONGEST_NAME`] characters; spaces at its ends are left out.
    pub name: String,
    /// The domain that it is put into.
    pub parent: DomainId,
}

/// `PATCH domains/{id}`: renames or moves a domain. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DomainChange {
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The domain that it is put into, with all that is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i32>, minimum = 1))]
    pub parent: Option<DomainId>,
}

/// `POST agents/move`: puts agents into a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MoveAgents {
    /// Which, 1 to [`MOST_AGENTS`].
    pub agents: Vec<AgentId>,
    /// Where to.
    pub domain: DomainId,
}

/// What became of an agent that was to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentMoved {
    /// Which.
    pub agent: AgentId,
    /// What became of it.
    pub outcome: MoveOutcome,
}

/// How a move went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MoveOutcome {
    /// It is there now.
    Moved,
    /// It was there.
    AlreadyThere,
    /// There is no such agent, or none that the person may see.
    NoSuchAgent,
}

/// `POST agents/retire`: takes agents off the roll call for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RetireAgents {
    /// Which, 1 to [`MOST_AGENTS`].
    pub agents: Vec<AgentId>,
}

/// What became of an agent that was to be retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentRetired {
    /// Which.
    pub agent: AgentId,
    /// What became of it.
    pub outcome: RetireOutcome,
}

/// How a retirement went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RetireOutcome {
    /// It is retired now.
    Retired,
    /// It was retired before.
    AlreadyRetired,
    /// There is no such agent, or none that the person may see.
    NoSuchAgent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_counted_apart() {
        let mut counts = StatusCounts::default();
        for (more, status) in (1..).zip(Status::ALL) {
            counts.add(status, more);
        }
        for (expected, status) in (1..).zip(Status::ALL) {
            assert_eq!(counts.of(status), expected, "{status}");
        }
    }
}
