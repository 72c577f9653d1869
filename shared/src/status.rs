//! What people see of an agent: presence, reachability, and the status that the two make.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// Whether an agent is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Its lease runs.
    Online,
    /// Its lease ended.
    Offline,
}

/// Whether the server can connect to an agent, by the unreachable network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reachability {
    /// It is in no range of the unreachable network.
    #[default]
    Reachable,
    /// It is in one: the server waits for it instead of connecting.
    Unreachable,
}

/// What people see of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Here, and the server can connect to it.
    Online,
    /// Here, in the unreachable network.
    UnreachableOnline,
    /// Its lease ended.
    Offline,
    /// Its lease ended, in the unreachable network.
    UnreachableOffline,
    /// Enrolled, never heard.
    Pending,
    /// Offline for longer than the settings keep an agent in the roll call.
    Inactive,
    /// Removed; kept as a tombstone.
    Retired,
}

impl Status {
    /// Every status, in the order in which people are shown them.
    pub const ALL: [Self; 7] = [
        Self::Online,
        Self::UnreachableOnline,
        Self::Offline,
        Self::UnreachableOffline,
        Self::Pending,
        Self::Inactive,
        Self::Retired,
    ];

    /// The status of an agent of the roll call.
    #[must_use]
    pub const fn of(presence: Presence, reachability: Reachability) -> Self {
        match (presence, reachability) {
            (Presence::Online, Reachability::Reachable) => Self::Online,
            (Presence::Online, Reachability::Unreachable) => Self::UnreachableOnline,
            (Presence::Offline, Reachability::Reachable) => Self::Offline,
            (Presence::Offline, Reachability::Unreachable) => Self::UnreachableOffline,
        }
    }

    /// Its presence; `None` for those that are no part of the roll call.
    #[must_use]
    pub const fn presence(self) -> Option<Presence> {
        match self {
            Self::Online | Self::UnreachableOnline => Some(Presence::Online),
            Self::Offline | Self::UnreachableOffline => Some(Presence::Offline),
            Self::Pending | Self::Inactive | Self::Retired => None,
        }
    }

    /// Its name in the API and the database: `unreachable_online`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::UnreachableOnline => "unreachable_online",
            Self::Offline => "offline",
            Self::UnreachableOffline => "unreachable_offline",
            Self::Pending => "pending",
            Self::Inactive => "inactive",
            Self::Retired => "retired",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.key() == key)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Online => "Online",
            Self::UnreachableOnline => "Unreachable / Online",
            Self::Offline => "Offline",
            Self::UnreachableOffline => "Unreachable / Offline",
            Self::Pending => "Pending",
            Self::Inactive => "Inactive",
            Self::Retired => "Retired",
        })
    }
}

/// A set of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Statuses(u8);

impl Statuses {
    /// Whether a status is one of them.
    #[must_use]
    pub const fn has(self, status: Status) -> bool {
        self.0 & (1 << status as u8) != 0
    }

    /// The set with this status put in, or taken out where it was in.
    #[must_use]
    pub const fn toggled(self, status: Status) -> Self {
        Self(self.0 ^ (1 << status as u8))
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads keys with commas between them.
    #[must_use]
    pub fn from_keys(keys: &str) -> Self {
        keys.split(',')
            .filter_map(Status::from_key)
            .fold(Self::default(), |set, status| {
                if set.has(status) { set } else { set.toggled(status) }
            })
    }

    /// Writes keys with commas between them.
    #[must_use]
    pub fn to_keys(self) -> String {
        let keys: Vec<&str> = Status::ALL
            .into_iter()
            .filter(|status| self.has(*status))
            .map(Status::key)
            .collect();
        keys.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_back_from_its_key() {
        for status in Status::ALL {
            assert_eq!(Status::from_key(status.key()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.key());
        }
    }
}
