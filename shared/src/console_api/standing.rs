//! How the server itself stands: whether it is well, how late it notices and tells, and how complete its picture is.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{BlindSpan, StatusCounts};

/// `GET status`: how the server stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerStatus {
    /// Its version.
    pub version: String,
    /// When it was started.
    pub started_ms: i64,
    /// Its wall clock now.
    pub now_ms: i64,
    /// Its parts, and what is wrong with them.
    pub parts: Vec<PartStatus>,
    /// How much of what it shows was heard since it was last blind.
    pub picture: Picture,
    /// How late it noticed deadlines over the last hour: from the deadline to the transition.
    pub noticed: Lateness,
    /// How late it told consoles over the last hour: from the transition to the feed.
    pub told: Lateness,
    /// What it does under load.
    pub load: Load,
    /// How many contacts it took in the last whole second.
    pub contacts_a_second: u32,
}

/// `GET presence/hour`: how many agents had which status, minute by minute, and when the server was blind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hour {
    /// The server's wall clock now.
    pub now_ms: i64,
    /// Sixty minutes, the oldest first; the last one is not over.
    pub minutes: Vec<Minute>,
    /// When the server was blind in them.
    pub blind: Vec<BlindSpan>,
}

/// A minute of an [`Hour`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Minute {
    /// When it began.
    pub from_ms: i64,
    /// How many agents had each status at its end; in the one that is not over, now.
    pub counts: StatusCounts,
}

/// A part of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartStatus {
    /// Its name: `database`, `disk`, `presence`; `loopback` where loopback packets are taken.
    pub name: String,
    /// What is wrong with it; nothing where it is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

/// How complete the picture is. After a start, or after the server was blind, agents are shown online on the strength of
/// what was heard before, until they are heard again or their deadline passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Picture {
    /// Agents that are shown online.
    pub online: u32,
    /// Those of them that were not heard since.
    pub unheard: u32,
    /// When the last of these will have been heard, or be shown offline; nothing where the picture is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_by_ms: Option<i64>,
}

/// Spans in microseconds, told to within one in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lateness {
    /// How many were measured. Where it is 0, so is all else.
    pub count: u64,
    /// Half of them took no longer.
    pub median_us: u64,
    /// 99 of a hundred took no longer.
    pub p99_us: u64,
    /// None took longer.
    pub worst_us: u64,
}

/// What a server does with more agents than it can take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Load {
    /// Registrations and polls that it is taken to manage in a second, by what was seen.
    pub calls_a_second: u32,
    /// How many of them were told to come back later since it was started. They were heard all the same.
    pub sent_away: u64,
    /// How much longer than set the intervals are that it dictates, in thousandths: 1000 is as set (rule 15).
    pub intervals_thousandths: u32,
}
