//! Why an agent has the status that it has (rule 13): what was heard, which rule applies, when the deadline is,
//! what would change it.
//!
//! `GET /api/v1/agents/{id}/why`, and the card on the agent's page. Facts are fields; the sentences that people
//! read are made from them here, so that the API and the console say the same.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cause::{Cause, ContactKind, span};
use crate::console_api::Verified;
use crate::id::AgentId;
use crate::range::AddressRange;
use crate::settings::LeaseKind;
use crate::status::{Presence, Reachability, Status};

/// Why an agent has its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Why {
    /// Whose.
    pub agent: AgentId,
    /// The server's wall clock.
    pub now_ms: i64,
    /// The status.
    pub status: Status,
    /// Since when.
    pub since_ms: i64,
    /// What brought it.
    pub cause: Cause,
    /// The last proof on each path, newest first.
    pub proofs: Vec<Proof>,
    /// The lease; nothing for those that are no part of the roll call.
    pub lease: Option<LeaseInForce>,
    /// When the agent goes offline unless it is heard; nothing where it is not online.
    pub deadline: Option<Deadline>,
    /// Whether it is in the unreachable network, and by what.
    pub network: Membership,
    /// The last time that the server connected to it, since the server started.
    pub verification: Option<Verified>,
    /// Its loopback packets; nothing where it is to send none and none came since the server started.
    pub loopback: Option<Loopback>,
    /// How many milliseconds its machine's clock was ahead of the server's at its last registration, the way of the
    /// message included; nothing before one since the server started. It decides nothing (rule 1).
    pub clock_ahead_ms: Option<i64>,
    /// What keeps the status, in a sentence.
    pub rule: String,
    /// What would change it, a sentence each.
    pub would_change: Vec<String>,
}

/// When an agent was last heard on one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    /// The path.
    pub path: ContactKind,
    /// When, by the server's wall clock.
    pub at_ms: i64,
}

/// What is known by an agent's loopback packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Loopback {
    /// The mapping of its NAT by the last one; nothing where none came since the server started.
    pub mapping: Option<Mapping>,
    /// How many milliseconds lie between two of them by the newest settings; nothing where it is to send none.
    pub every_ms: Option<u64>,
    /// Whether it is online and is to send them, and the next one is late by more than it may be.
    pub is_overdue: bool,
}

/// The end of an agent's UDP that its NAT shows to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mapping {
    /// The address.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// Since when it is this one, by the server's wall clock.
    pub since_ms: i64,
}

/// The lease that an agent lives by (rules 3 and 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeaseInForce {
    /// What keeps it online.
    pub kind: LeaseKind,
    /// How many seconds a contact does.
    pub lasts_s: u32,
    /// The settings version that says so: of those from the one applied to the newest, the one with the longest lease.
    pub version: u32,
    /// The settings version that the agent last reported as applied.
    pub applied: u32,
    /// The newest settings version.
    pub newest: u32,
}

/// When an agent goes offline unless it is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deadline {
    /// When, by the server's wall clock, if the server is not blind until then.
    pub at_ms: i64,
    /// What set it.
    pub set_by: DeadlineSetBy,
}

/// What set a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadlineSetBy {
    /// The last contact and the lease (rule 4).
    Lease,
    /// The server was blind, and the agent is given time to come back (rule 6).
    ReturnWindow,
    /// The server was started again, and contacts before it may be forgotten (rule 6).
    ServerStart,
    /// The agent announced a restart (rule 10).
    AnnouncedRestart,
}

/// Whether an agent is in the unreachable network (rule 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// By the newest settings: what its status says.
    pub reachability: Reachability,
    /// By the settings that it last applied: how news reaches it.
    pub delivery: Reachability,
    /// The match, where there is one by the newest settings.
    pub matched: Option<Match>,
    /// The address that it reported as its own end of the connection.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub own_address: Option<IpAddr>,
    /// The address from which the server sees it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub observed_address: Option<IpAddr>,
}

/// An address in a range of the unreachable network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Match {
    /// The address.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    /// The range.
    pub range: AddressRange,
}

/// What keeps this status, in a sentence.
#[must_use]
pub fn rule(status: Status, cause: Cause, lease: Option<&LeaseInForce>) -> String {
    match (status, lease) {
        (Status::Pending, _) => "It was enrolled and has never been heard.".to_owned(),
        (Status::Retired, _) => {
            "It was retired: it takes no part in the roll call, and is kept as a tombstone.".to_owned()
        }
        (Status::Inactive, _) => format!("It left the roll call: {}.", cause.phrase()),
        (status, Some(lease)) if status.presence() == Some(Presence::Online) => {
            let basis = match lease.kind {
                LeaseKind::Heartbeat => "It sends heartbeats",
                LeaseKind::Poll => "It polls, being in the unreachable network",
                LeaseKind::Verification => "It sends no heartbeats, and the server connects to it",
            };
            let mut rule = format!(
                "{basis}: any contact keeps it online for {}.",
                span(lease.lasts_s)
            );
            rule.push_str(&unapplied(lease));
            rule
        }
        // These moved it into the unreachable network or out of it, and changed nothing of its presence (rule 14).
        _ if matches!(cause, Cause::Settings { .. } | Cause::Address) => {
            "It was offline before that, and was not heard since.".to_owned()
        }
        _ => format!("It is offline: {}.", cause.phrase()),
    }
}

/// Which lease holds while the agent has not said that it lives by the newest settings (rule 5), after a space; empty
/// where it has.
fn unapplied(lease: &LeaseInForce) -> String {
    let LeaseInForce {
        version,
        applied,
        newest,
        ..
    } = lease;
    match applied {
        applied if applied == newest => String::new(),
        // It registered, and what it applied comes with its next message.
        0 if version == newest => " It has not said yet that it applied the settings.".to_owned(),
        0 => format!(
            " It has not said yet which settings it applied; until it does, the longest lease of them holds, that of \
             version {version}."
        ),
        _ => format!(
            " It applied version {applied} of the settings, the newest is {newest}; until it knows that, the longest \
             lease of them holds, that of version {version}."
        ),
    }
}

/// What would change this status, a sentence each.
#[must_use]
pub fn would_change(status: Status, deadline: Option<&Deadline>, network: &Membership) -> Vec<String> {
    let mut changes = Vec::new();
    match status {
        Status::Pending => changes.push("Its first registration makes it online.".to_owned()),
        Status::Retired => return changes,
        Status::Inactive => changes.push("Any contact brings it back into the roll call, online.".to_owned()),
        _ => match deadline {
            Some(deadline) => {
                changes.push("Any contact puts the deadline off.".to_owned());
                changes.push(
                    match deadline.set_by {
                        DeadlineSetBy::Lease => "No contact until the deadline makes it offline.",
                        DeadlineSetBy::ReturnWindow => {
                            "No contact until the deadline makes it offline. The server was blind and gives it time \
                             to come back."
                        }
                        DeadlineSetBy::ServerStart => {
                            "No contact until the deadline makes it offline. The server was started again and gives \
                             it time to come back."
                        }
                        DeadlineSetBy::AnnouncedRestart => {
                            "It announced a restart: no contact until the deadline makes it offline."
                        }
                    }
                    .to_owned(),
                );
                changes.push("Its goodbye makes it offline at once.".to_owned());
            }
            None => changes.push("Any contact makes it online.".to_owned()),
        },
    }
    match (network.reachability, network.matched) {
        (Reachability::Unreachable, Some(matched)) => changes.push(format!(
            "It is in the unreachable network because {} is in {}; without that range, or with another address, it \
             would not be.",
            matched.address, matched.range
        )),
        (Reachability::Reachable, _) if network.observed_address.is_some() => changes.push(
            "A range of the unreachable network around one of its addresses would show it as unreachable, and change \
             nothing of its presence."
                .to_owned(),
        ),
        _ => {}
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Membership = Membership {
        reachability: Reachability::Reachable,
        delivery: Reachability::Reachable,
        matched: None,
        own_address: None,
        observed_address: None,
    };

    #[test]
    fn every_status_is_explained_and_every_one_but_the_last_can_change() {
        for status in Status::ALL {
            let lease = LeaseInForce {
                kind: LeaseKind::Heartbeat,
                lasts_s: 3600,
                version: 1,
                applied: 1,
                newest: 1,
            };
            assert!(rule(status, Cause::Deadline { after_s: 60 }, Some(&lease)).ends_with('.'));
            let changes = would_change(status, None, &NOWHERE);
            assert_eq!(changes.is_empty(), status == Status::Retired, "{status:?}");
        }
    }

    #[test]
    fn who_does_not_know_the_newest_settings_is_told_with_the_longest_lease() {
        let lease = LeaseInForce {
            kind: LeaseKind::Poll,
            lasts_s: 3660,
            version: 3,
            applied: 2,
            newest: 4,
        };
        let rule = rule(Status::UnreachableOnline, Cause::Restarted, Some(&lease));
        assert!(
            rule.contains("for 61 min") && rule.contains("that of version 3"),
            "{rule}"
        );
    }
    #[test]
    fn who_has_not_reported_what_it_applied_is_not_said_to_have_applied_a_version_0() {
        let mut lease = LeaseInForce {
            kind: LeaseKind::Heartbeat,
            lasts_s: 3600,
            version: 1,
            applied: 0,
            newest: 1,
        };
        let said = |lease: &LeaseInForce| rule(Status::Online, Cause::Enrolled, Some(lease));
        assert_eq!(
            said(&lease),
            "It sends heartbeats: any contact keeps it online for 60 min. It has not said yet that it applied the \
             settings."
        );
        lease.newest = 3;
        assert!(
            said(&lease).ends_with("the longest lease of them holds, that of version 1."),
            "{}",
            said(&lease)
        );
        assert!(!said(&lease).contains("version 0"), "{}", said(&lease));
    }
    #[test]
    fn rule_14_who_is_offline_is_not_said_to_be_so_by_the_settings() {
        for cause in [Cause::Settings { version: 2 }, Cause::Address] {
            let rule = rule(Status::UnreachableOffline, cause, None);
            assert_eq!(rule, "It was offline before that, and was not heard since.");
        }
    }
}
