//! What admins set for the fleet, and what may be set.
//!
//! The same code judges a document in the console, at the API and at the server's start ([`Settings::refusals_on`]);
//! and the same code says in the server and in the agent what an agent has to do ([`Settings::duties`]).

pub mod advice;
pub mod difference;
pub mod draft;
mod field;
mod judgement;
pub mod networks;

use alloc::format;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::minutes::Minutes;
use crate::range::AddressRange;
use crate::seconds::Seconds;
use crate::status::Reachability;

pub use field::Field;

/// The settings of the fleet: one document, saved whole and counted in versions.
///
/// Fields are only ever added, and unknown ones passed over: an agent of an older release lives by the settings of
/// a newer server, and a newer server reads a document that an older one saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Settings {
    /// The unreachable network: agents with an address in one of these are waited for, never connected to.
    pub unreachable_network: Vec<AddressRange>,
    /// Whether agents may send heartbeats.
    pub heartbeat: bool,
    /// Which agents send them.
    pub heartbeat_scope: HeartbeatScope,
    /// Agents send heartbeat every so many minutes.
    pub heartbeat_every: Minutes,
    /// An agent is offline if there is no contact after so many minutes.
    pub offline_after: Minutes,
    /// Agents in the unreachable network poll for updated components and settings every so many minutes. All others
    /// poll once a day.
    pub poll_every: Minutes,
    /// The server connects every so many minutes to each agent that it knows of in no other way.
    pub verify_every: Minutes,
    /// Agents that were offline for so many days leave the roll call.
    pub inactive_after_days: Days,
    /// Ranges in which the server may connect to the address that an agent gives as its own. Empty: only to the
    /// address from which it was seen.
    pub dial_own_addresses_in: Vec<AddressRange>,
    /// Which agents send loopback packets.
    pub loopback: LoopbackMode,
    /// They send one every so many seconds.
    pub loopback_every_seconds: Seconds,
}

/// Which agents send loopback packets: UDP that proves the way through a NAT both ways and keeps its mapping alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LoopbackMode {
    /// None. The default: the server's UDP port may not be open to them.
    #[default]
    Off,
    /// Only agents in the unreachable network.
    UnreachableNetwork,
    /// All agents.
    All,
}

/// Which agents send heartbeats, where heartbeats are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeartbeatScope {
    /// All agents.
    #[default]
    All,
    /// Only agents in the unreachable network.
    UnreachableNetwork,
}

/// A whole number of days from 1 to 3650.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Days(u32);

impl Days {
    /// The least: one day.
    pub const MIN: Self = Self(1);
    /// The most: ten years.
    pub const MAX: Self = Self(3650);

    /// So many days; nothing where it is none of those allowed.
    #[must_use]
    pub const fn new(given: u32) -> Option<Self> {
        if given >= Self::MIN.0 && given <= Self::MAX.0 {
            Some(Self(given))
        } else {
            None
        }
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How long they last where a minute lasts `minute`.
    #[must_use]
    pub const fn lasting(self, minute: core::time::Duration) -> core::time::Duration {
        minute.saturating_mul(self.0 * MINUTES_A_DAY)
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = i64::deserialize(deserializer)?;
        u32::try_from(given).ok().and_then(Self::new).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "allowed are {} to {} days, given were {given}",
                Self::MIN.0,
                Self::MAX.0
            ))
        })
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Days {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(Self::MIN.0))
            .maximum(Some(Self::MAX.0))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Days {}

const MINUTES_A_DAY: u32 = 24 * 60;

/// What keeps an agent online (rule 3): the contacts that the settings make it or the server come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeaseKind {
    /// It sends heartbeats.
    Heartbeat,
    /// It polls, because it is in the unreachable network.
    Poll,
    /// The server connects to it.
    Verification,
}

/// What an agent has to do, and how long one contact keeps it online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duties {
    /// How often it sends heartbeats; nothing where it sends none.
    pub heartbeat_every: Option<Minutes>,
    /// How often it polls: at least once a day, whatever the settings (rule 14).
    pub poll_every: Minutes,
    /// What keeps it online.
    pub lease_kind: LeaseKind,
    /// How many minutes a contact keeps it online.
    pub lease_minutes: u32,
    /// How often the contact comes that keeps it online.
    pub contact_every: Minutes,
    /// How often it sends a loopback packet; nothing where it sends none. It renews the lease as any contact does, and
    /// decides nothing of how long that is (rules 2 and 3).
    pub loopback_every: Option<Seconds>,
}

impl Default for Settings {
    /// Heartbeat 10, offline after 60, poll 30: a dead agent is seen within the hour, at little traffic.
    fn default() -> Self {
        const fn minutes(count: i64) -> Minutes {
            match Minutes::try_new(count) {
                Ok(minutes) => minutes,
                Err(_) => Minutes::MIN,
            }
        }
        Self {
            unreachable_network: Vec::new(),
            heartbeat: true,
            heartbeat_scope: HeartbeatScope::All,
            heartbeat_every: minutes(10),
            offline_after: minutes(60),
            poll_every: minutes(30),
            verify_every: minutes(15),
            inactive_after_days: Days(30),
            dial_own_addresses_in: Vec::new(),
            loopback: LoopbackMode::Off,
            loopback_every_seconds: Seconds::DEFAULT,
        }
    }
}

impl Settings {
    /// What an agent of this reachability has to do, and its lease (rule 3).
    #[must_use]
    pub fn duties(&self, reachability: Reachability) -> Duties {
        let unreachable = reachability == Reachability::Unreachable;
        let heartbeats = self.heartbeat && (unreachable || self.heartbeat_scope == HeartbeatScope::All);
        let a_day = Minutes::try_new(i64::from(MINUTES_A_DAY)).unwrap_or(Minutes::MAX);
        let poll_every = if unreachable {
            self.poll_every.min(a_day)
        } else {
            a_day
        };
        let (lease_kind, lease_minutes, contact_every) = if heartbeats {
            (
                LeaseKind::Heartbeat,
                self.offline_after.get(),
                self.heartbeat_every,
            )
        } else if unreachable {
            (LeaseKind::Poll, forgiving(self.poll_every), poll_every)
        } else {
            (
                LeaseKind::Verification,
                forgiving(self.verify_every),
                self.verify_every,
            )
        };
        let loops = match self.loopback {
            LoopbackMode::Off => false,
            LoopbackMode::UnreachableNetwork => unreachable,
            LoopbackMode::All => true,
        };
        Duties {
            loopback_every: loops.then_some(self.loopback_every_seconds),
            heartbeat_every: heartbeats.then_some(self.heartbeat_every),
            poll_every,
            lease_kind,
            lease_minutes,
            contact_every,
        }
    }

    /// The document as agents are given it: without the ranges, of which they need none, since the server tells each
    /// agent whether it is in them. Ten thousand ranges times a fleet would be much to carry.
    #[must_use]
    pub fn for_agents(&self) -> Self {
        // Named one by one: cloning the ranges to throw them away would cost more than all the rest.
        Self {
            unreachable_network: Vec::new(),
            dial_own_addresses_in: Vec::new(),
            heartbeat: self.heartbeat,
            heartbeat_scope: self.heartbeat_scope,
            heartbeat_every: self.heartbeat_every,
            offline_after: self.offline_after,
            poll_every: self.poll_every,
            verify_every: self.verify_every,
            inactive_after_days: self.inactive_after_days,
            loopback: self.loopback,
            loopback_every_seconds: self.loopback_every_seconds,
        }
    }
}

/// The lease that forgives one lost contact: twice the interval and a minute (rule 3). At most 259201.
const fn forgiving(every: Minutes) -> u32 {
    every.get() * 2 + 1
}

#[cfg(test)]
mod tests;
