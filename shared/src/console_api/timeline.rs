//! What an agent was over a time, part by part.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// `GET agents/{id}/timeline`: what an agent was in a period, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    /// From when; not before the agent was first heard.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// The parts, one after the other without a gap, some thousands at the most.
    pub spans: Vec<TimelineSpan>,
}

/// A part of a [`Timeline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineSpan {
    /// From when.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// What it was.
    pub was: TimelineState,
}

/// What an agent was in a part of a [`Timeline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TimelineState {
    /// Online.
    Online,
    /// Not online.
    Offline,
    /// Nobody can know: the server was blind.
    Unknown,
    /// Now this and now that, too briefly to be told apart in so long a period.
    Changing,
}
