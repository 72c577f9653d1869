//! `POST notifications/{subject}/ack`: what became of a notification.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Fence;
use crate::id::BootId;

/// An agent says what became of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "Flat")]
pub struct Ack {
    /// Boot, sequence, applied settings.
    #[serde(flatten)]
    pub fence: Fence,
    /// What became of it.
    pub outcome: AckOutcome,
    /// Why it failed: one line of at most [`Ack::LONGEST_DETAIL`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub detail: Option<String>,
}

impl Ack {
    /// Characters that the reason of a failure has at most.
    pub const LONGEST_DETAIL: usize = 500;
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AckOutcome {
    /// It is done.
    Applied,
    /// It cannot be done.
    Failed,
}

/// As it is read: see [`super::flat`].
#[derive(Deserialize)]
struct Flat {
    boot: BootId,
    sequence: u32,
    applied: u32,
    outcome: AckOutcome,
    #[serde(default)]
    detail: Option<String>,
}

impl From<Flat> for Ack {
    fn from(flat: Flat) -> Self {
        Self {
            fence: Fence {
                boot: flat.boot,
                sequence: flat.sequence,
                applied: flat.applied,
            },
            outcome: flat.outcome,
            detail: flat.detail,
        }
    }
}
